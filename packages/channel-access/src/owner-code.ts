// Who the owner is, proven by a code: this terminal shows it, the owner's phone sends it, and the terminal asks whether the
// sender's id is right. Being first, or having sent an invitation, makes nobody owner.
import { createHash, randomBytes as systemRandomBytes, timingSafeEqual } from "node:crypto";

/** How long a code is good for. */
const LIFETIME_MS = 10 * 60_000;
/** Wrong codes, of all senders together, before the code is withdrawn. */
const TRIES = 5;
const CHARACTERS = 8;
const SALT_BYTES = 16;
/** No vowels, so that hardly a word looks like a code; none of 0 O 1 I. 28 of them: 8 make 38 bits. */
const ALPHABET = "23456789BCDFGHJKLMNPQRSTVWXZ";
const CODE = new RegExp(`^[${ALPHABET}]{${CHARACTERS}}$`);
/** Bytes from here on would make the first characters of the alphabet likelier. */
const FAIR_BYTES = 256 - (256 % ALPHABET.length);

/**
 * What became of a code.
 *
 * - `waiting`: nobody has sent it yet.
 * - `claimed`: this sender has; it cannot be sent a second time.
 * - `expired`: ten minutes are over.
 * - `exhausted`: five wrong codes came in.
 */
export type OwnerClaim =
  | { readonly kind: "waiting"; readonly triesLeft: number; readonly expiresAtMs: number }
  | { readonly kind: "claimed"; readonly senderId: string }
  | { readonly kind: "expired" }
  | { readonly kind: "exhausted" };

/** A code that nobody has to wait for any more. */
export type SettledOwnerClaim = Exclude<OwnerClaim, { kind: "waiting" }>;

/** One code, from its display to its end. The code itself is not kept, only a salted hash. */
export interface OwnerCode {
  /** For the person to type, as `BCDF-2345`. Show it; never log or store it. */
  readonly display: string;
  readonly expiresAtMs: number;
  /**
   * Looks at a message of anybody. True when it is the code: the message is used up and must not go further. A text that
   * looks like a code and is not costs a try; any other text costs nothing.
   */
  offer(senderId: string, text: string): boolean;
  claim(): OwnerClaim;
  /** Resolves when the code is claimed, expired or exhausted. @throws The signal's reason. */
  whenSettled(signal: AbortSignal): Promise<SettledOwnerClaim>;
}

export interface OwnerCodeOptions {
  /** Milliseconds that never go back. */
  readonly monotonicNow?: () => number;
  readonly wallClock?: () => number;
  readonly randomBytes?: (length: number) => Uint8Array;
}

/** Makes a code that one sender can claim, once. */
export function createOwnerCode(options: OwnerCodeOptions = {}): OwnerCode {
  const { monotonicNow = () => performance.now(), wallClock = Date.now } = options;
  const { randomBytes = systemRandomBytes } = options;
  const code = drawCode(randomBytes);
  const salt = randomBytes(SALT_BYTES);
  const expected = hash(salt, code);
  const deadlineMs = monotonicNow() + LIFETIME_MS;
  const expiresAtMs = wallClock() + LIFETIME_MS;
  let triesLeft = TRIES;
  let claimant: string | undefined;
  const waiting = new Set<() => void>();

  const claim = (): OwnerClaim => {
    if (claimant !== undefined) return { kind: "claimed", senderId: claimant };
    if (triesLeft === 0) return { kind: "exhausted" };
    if (monotonicNow() >= deadlineMs) return { kind: "expired" };
    return { kind: "waiting", triesLeft, expiresAtMs };
  };
  return {
    display: `${code.slice(0, CHARACTERS / 2)}-${code.slice(CHARACTERS / 2)}`,
    expiresAtMs,
    offer: (senderId, text) => {
      const typed = tryReadCode(text);
      if (typed === undefined || claim().kind !== "waiting") return false;
      if (timingSafeEqual(hash(salt, typed), expected)) claimant = senderId;
      else triesLeft -= 1;
      for (const wake of waiting) wake();
      return claimant !== undefined;
    },
    claim,
    whenSettled: async (signal) => {
      for (;;) {
        signal.throwIfAborted();
        const now = claim();
        if (now.kind !== "waiting") return now;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(() => wake(), Math.max(1, deadlineMs - monotonicNow()));
          const wake = (): void => {
            clearTimeout(timer);
            waiting.delete(wake);
            signal.removeEventListener("abort", wake);
            resolve();
          };
          waiting.add(wake);
          signal.addEventListener("abort", wake, { once: true });
        });
      }
    },
  };
}

/** The code in a message, with or without dash and spaces, in any case; undefined for anything that is no code. */
function tryReadCode(text: string): string | undefined {
  if (text.length > 4 * CHARACTERS) return undefined;
  const folded = text.replaceAll(/[\s\p{Pd}]/gu, "").toUpperCase();
  return CODE.test(folded) ? folded : undefined;
}

function hash(salt: Uint8Array, code: string): Buffer {
  return createHash("sha256").update(salt).update(code).digest();
}

function drawCode(randomBytes: (length: number) => Uint8Array): string {
  let code = "";
  while (code.length < CHARACTERS) {
    const [byte] = randomBytes(1);
    if (byte !== undefined && byte < FAIR_BYTES) code += ALPHABET[byte % ALPHABET.length] ?? "";
  }
  return code;
}
