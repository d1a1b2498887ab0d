/** Everything this package can refuse or fail at. Callers branch on the code, never on the text. */
export type ConvosErrorCode =
  // What a caller or a person typed.
  | "invalid_invite"
  | "wrong_link"
  | "foreign_network"
  | "invalid_mnemonic"
  | "invalid_key"
  | "invalid_input"
  // What an invite says once it is opened.
  | "invite_expired"
  | "invite_forged"
  | "own_invite"
  // What came from a peer or the network.
  | "malformed"
  | "too_large"
  | "network_unreachable"
  | "xmtp_failed"
  // What the client's own state does not allow.
  | "native_unavailable"
  | "locked"
  | "closed"
  | "state_newer"
  | "state_unreadable"
  | "wrong_key"
  | "state_unwritable"
  | "insecure_state_path"
  | "unknown_conversation"
  | "unknown_message"
  | "unknown_join"
  | "already_joined"
  | "join_refused"
  | "queue_full"
  | "not_allowed"
  | "key_in_use"
  | "owner_key_mismatch"
  | "too_many_installations";

/**
 * The one error class of this package. A message names the operation, the rule and the size or kind found; it never
 * holds a secret, a name, an invite or message text. The `cause` may quote input of a dependency: keep it out of logs.
 */
export class ConvosError extends Error {
  override readonly name = "ConvosError";
  readonly code: ConvosErrorCode;
  /** With `owner_key_mismatch`: the inbox whose key is wanted. */
  readonly inboxId: string | undefined;

  constructor(
    code: ConvosErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly inboxId?: string } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.inboxId = options.inboxId;
  }
}

/** Bytes that break a rule of the wire format. The message says which rule, never what the bytes were. */
export function malformed(message: string, cause?: unknown): ConvosError {
  return cause === undefined
    ? new ConvosError("malformed", message)
    : new ConvosError("malformed", message, { cause });
}

/** One more installation would be made, silently, of an inbox that is at work elsewhere or lost its database here. */
export function keyInUse(): ConvosError {
  return new ConvosError(
    "key_in_use",
    "This private key is at work in another place, or its database here is gone. Bring the account's folder back from a " +
      "backup, or allow one more installation of the key: messages from before stay unreadable to it.",
  );
}
