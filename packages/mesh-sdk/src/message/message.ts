/** A message as peers pass it on, after its form was checked (section 2). Whose it is, {@link Verdict} says. */
export interface MeshMessage {
  /** Chosen by the sender; unique for one sender in one channel, and nowhere else. */
  readonly messageId: string;
  readonly channelId: string;
  /** 43 characters of base64url for a key; anything else is a name that nobody can prove. */
  readonly senderId: string;
  readonly body: string;
  /** Compact JSON of the payload, keys in the order received; null when there is none. */
  readonly payloadText: string | null;
  /** The sender's clock, as the sender wrote it: the signature covers the text. */
  readonly timestamp: string;
  /** The same in milliseconds since 1970-01-01 UTC. */
  readonly timestampMs: number;
  /** Base64 of the 64 bytes over the canonical text; undefined where a store has dropped it. */
  readonly signature: string | undefined;
}

/**
 * `verified`: a signature of the sender's key covers it, the outer one or the one inside the payload. `unverified`: nothing
 * says so, and nothing contradicts it. What contradicts is refused and never comes so far.
 */
export type Verdict = "verified" | "unverified";

/** A message, and what its signatures say. */
export interface CheckedMessage {
  readonly message: MeshMessage;
  readonly verdict: Verdict;
  /** SHA-256 over the canonical text, 32 bytes: two messages are the same when this is. */
  readonly digest: Uint8Array;
}
