export type GossipRelayErrorCode =
  /** An option has a value that makes no sense, or a combination that would be unsafe. */
  | "invalid_option"
  /** Another process listens on the port. */
  | "address_in_use"
  /** The host cannot be bound: no such address here, or not permitted. */
  | "address_unavailable"
  /** The file was written by a newer relay. It was not touched. */
  | "database_newer"
  /** The file cannot be opened, or is no relay database. */
  | "database_unusable";

/** What stops a relay from starting. Requests never raise it: they are answered with a status. */
export class GossipRelayError extends Error {
  override readonly name = "GossipRelayError";
  readonly code: GossipRelayErrorCode;

  constructor(code: GossipRelayErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
  }
}
