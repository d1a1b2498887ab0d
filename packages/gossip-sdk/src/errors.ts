/** Everything this package can refuse or fail at. Callers branch on the code, never on the text. */
export type GossipErrorCode =
  // What a caller or a person typed.
  | "invalid_user_id"
  | "invalid_mnemonic"
  | "invalid_invite"
  // What came from a relay or a peer.
  | "malformed"
  | "too_large"
  | "invalid_public_keys"
  | "identity_mismatch"
  | "relay_unreachable"
  | "relay_rejected"
  | "relay_rate_limited"
  | "relay_bad_response"
  | "insecure_relay_url"
  // What the client's own state does not allow.
  | "unknown_peer"
  | "unknown_message"
  | "no_session"
  | "locked"
  | "closed"
  | "state_newer"
  | "state_unreadable"
  | "state_unwritable"
  | "insecure_state_path"
  | "wrong_key"
  | "queue_full";

export interface GossipErrorOptions {
  readonly cause?: unknown;
  /** How long the relay asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** HTTP status with which the relay refused. */
  readonly status?: number;
}

/**
 * The one error class of this package. A message names the operation, the rule and the size or kind found; it
 * never holds a secret, a name or message text. The `cause` may quote input of a dependency: keep it out of logs.
 */
export class GossipError extends Error {
  override readonly name = "GossipError";
  readonly code: GossipErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly status: number | undefined;

  constructor(code: GossipErrorCode, message: string, options: GossipErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.status = options.status;
  }
}

/** Bytes that break a rule of the wire format. The message says which rule, never what the bytes were. */
export function malformed(message: string): GossipError {
  return new GossipError("malformed", message);
}
