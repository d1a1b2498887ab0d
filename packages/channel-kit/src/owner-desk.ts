// The place in a running account where an owner code is waited for. It stands before the gate and the queue, so a code gets
// through whatever the policy says and however many strangers wait, and lies in no database of ours.
import { randomUUID } from "node:crypto";
import { createOwnerCode, type OwnerCode, type SettledOwnerClaim } from "channel-access";

/** Handshakes whose terminal has gone away without a word. */
const MAX_UNFINISHED = 8;

/** What became of a terminal's code; `replaced`: another terminal asked for a newer one before anybody sent it. */
export type DeskClaim = SettledOwnerClaim | { readonly kind: "replaced" };

/** A code that one terminal shows. */
interface DeskCode extends Pick<OwnerCode, "display" | "expiresAtMs"> {
  /** Names the handshake, so that two terminals at once never take each other's sender. It is no secret. */
  readonly id: string;
}

export interface OwnerDesk {
  /** Starts with a new code; an earlier one that nobody has sent is void. */
  begin(): DeskCode;
  /** True while somebody at a terminal waits for the code: contact requests are accepted then. */
  isOpen(): boolean;
  /** True when the text was the code; the message must go no further. */
  offer(senderId: string, text: string): boolean;
  /** Resolves when the code is claimed or void. @throws The signal's reason. For an id that is over: `expired`. */
  whenSettled(id: string, signal: AbortSignal): Promise<DeskClaim>;
  /** Whose claim it was, when somebody sent the code; the code is void from here on. */
  end(id: string): string | undefined;
}

interface Handshake {
  readonly code: OwnerCode;
  readonly replaced: AbortController;
}

export function createOwnerDesk(make: () => OwnerCode = createOwnerCode): OwnerDesk {
  /** Oldest first. At most the last one waits for its code; others were sent and wait for their terminal. */
  const handshakes = new Map<string, Handshake>();

  return {
    begin: () => {
      for (const [id, { code, replaced }] of handshakes) {
        if (code.claim().kind === "claimed") continue;
        handshakes.delete(id);
        replaced.abort();
      }
      const [oldest] = handshakes.keys();
      if (oldest !== undefined && handshakes.size >= MAX_UNFINISHED) handshakes.delete(oldest);
      const id = randomUUID();
      const code = make();
      handshakes.set(id, { code, replaced: new AbortController() });
      return { id, display: code.display, expiresAtMs: code.expiresAtMs };
    },
    isOpen: () => [...handshakes.values()].some(({ code }) => code.claim().kind === "waiting"),
    offer: (senderId, text) =>
      [...handshakes.values()].some(({ code }) => code.offer(senderId, text)),
    whenSettled: async (id, signal) => {
      const handshake = handshakes.get(id);
      if (handshake === undefined) return { kind: "expired" };
      const { code, replaced } = handshake;
      try {
        return await code.whenSettled(AbortSignal.any([signal, replaced.signal]));
      } catch (error) {
        if (replaced.signal.aborted) return { kind: "replaced" };
        throw error;
      }
    },
    end: (id) => {
      const claim = handshakes.get(id)?.code.claim();
      handshakes.delete(id);
      return claim?.kind === "claimed" ? claim.senderId : undefined;
    },
  };
}
