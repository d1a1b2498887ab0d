/** Everything this package can refuse or fail at. Callers branch on the code, never on the text. */
export type MeshErrorCode =
  // What a caller or a person typed.
  | "invalid_peer_id"
  | "invalid_channel_id"
  | "invalid_key"
  | "invalid_url"
  // What came from a peer or a list.
  | "malformed"
  | "too_large"
  | "forged"
  // A genuine message whose clock does not fit how it came: no fault of the link that brought it.
  | "out_of_time"
  | "unsupported_version"
  | "rate_limited"
  | "list_refused"
  | "unsafe_address"
  | "network_unreachable"
  // What the peer's own state does not allow.
  | "no_key_for_peer"
  | "cannot_open"
  | "queue_full"
  | "closed"
  | "locked"
  | "state_newer"
  | "state_unreadable"
  | "state_unwritable"
  | "insecure_state_path"
  | "wrong_key";

/**
 * The one error class of this package. A message names the operation, the rule and the size or kind found; it never holds
 * a secret or message text. The `cause` may quote input of a dependency: keep it out of logs.
 */
export class MeshError extends Error {
  override readonly name = "MeshError";
  readonly code: MeshErrorCode;

  constructor(code: MeshErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
  }
}

/** Text that breaks a rule of the protocol. The message says which rule, never what the text was. */
export function malformed(message: string): MeshError {
  return new MeshError("malformed", message);
}
