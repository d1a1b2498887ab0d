import { generateKeyPairSync } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Fields } from "../frame/fields.ts";
import type { MeshKey } from "../identity/mesh-key.ts";
import { prekeyTag } from "./direct-channel.ts";
import { signPrekey } from "./prekey.ts";

/** A new one every day, so that a stolen private half opens what was sealed in a day. */
export const PREKEY_ROTATION_MS = 86_400_000;
/** How long others may seal to one: as long as we may be away and still get messages without a question. */
export const PREKEY_LIFE_MS = 14 * 86_400_000;
/** How long after that we can still open: as long as a sealed message may lie in stores. */
export const PREKEY_GRACE_MS = 7 * 86_400_000;

/** Both halves of a prekey of ours. */
export interface KeptPrekey {
  readonly version: number;
  /** X25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** X25519, 32 bytes. Secret. */
  readonly privateKey: Uint8Array;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

/** Where the private halves lie, sealed and on disk. Each call reaches the disk before it returns. */
export interface PrekeyVault {
  list(): readonly KeptPrekey[];
  put(prekey: KeptPrekey): void;
  /** Overwrites what can be overwritten: forward secrecy is worth what this is worth. */
  remove(version: number): void;
}

/**
 * Our own prekeys (section 5.2): makes a new one every day, gives out the newest, and deletes each for good three weeks after
 * it was made.
 */
export class Prekeys {
  readonly #key: MeshKey;
  readonly #vault: PrekeyVault;
  readonly #clock: Clock;

  constructor(deps: { readonly key: MeshKey; readonly vault: PrekeyVault; readonly clock: Clock }) {
    this.#key = deps.key;
    this.#vault = deps.vault;
    this.#clock = deps.clock;
  }

  /** The prekey to give out now, signed; a new one where the newest is a day old. It is on disk before it is returned. */
  current(): Fields {
    const newest = this.#vault.list().reduce<KeptPrekey | undefined>(newerOf, undefined);
    if (newest !== undefined && !isDue(newest, this.#clock.now())) {
      return signPrekey(this.#key, newest);
    }
    const made = makePrekey(newest, this.#clock.now());
    this.#vault.put(made);
    return signPrekey(this.#key, made);
  }

  /** The one that a sender has sealed to, by its tag (section 5.3); undefined when it is gone or was never ours. */
  find(senderId: string, tag: string): KeptPrekey | undefined {
    this.forgetOld();
    return this.#vault
      .list()
      .find(({ version }) => prekeyTag(this.#key, senderId, version) === tag);
  }

  /** Deletes the private halves whose time is over. @returns How many. */
  forgetOld(): number {
    const nowMs = this.#clock.now();
    const old = this.#vault
      .list()
      .filter(({ expiresAtMs }) => expiresAtMs + PREKEY_GRACE_MS <= nowMs);
    for (const { version } of old) this.#vault.remove(version);
    return old.length;
  }
}

function newerOf(known: KeptPrekey | undefined, next: KeptPrekey): KeptPrekey {
  return known === undefined || next.version > known.version ? next : known;
}

function isDue(prekey: KeptPrekey, nowMs: number): boolean {
  // A clock that was set back must not keep one prekey in use for years.
  return Math.abs(nowMs - prekey.createdAtMs) >= PREKEY_ROTATION_MS;
}

function makePrekey(newest: KeptPrekey | undefined, nowMs: number): KeptPrekey {
  const { d = "", x = "" } = generateKeyPairSync("x25519").privateKey.export({ format: "jwk" });
  return {
    // The time, so that it rises even after a backup was put back that knows less.
    version: Math.max(nowMs, (newest?.version ?? 0) + 1),
    publicKey: new Uint8Array(Buffer.from(x, "base64url")),
    privateKey: new Uint8Array(Buffer.from(d, "base64url")),
    createdAtMs: nowMs,
    expiresAtMs: nowMs + PREKEY_LIFE_MS,
  };
}
