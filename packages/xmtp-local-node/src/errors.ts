export type XmtpLocalNodeErrorCode =
  /** An option has a value that makes no sense, or one that would open the node to others. */
  | "invalid_option"
  /** Another process listens on the port. */
  | "address_in_use"
  /** The host cannot be bound: no such address here, or not permitted. */
  | "address_unavailable"
  /** The file was written by a newer node. It was not touched. */
  | "database_newer"
  /** The file cannot be opened, or is no database of a node. */
  | "database_unusable";

/** What stops a node from starting. Requests never raise it: they are answered with a gRPC status. */
export class XmtpLocalNodeError extends Error {
  override readonly name = "XmtpLocalNodeError";
  readonly code: XmtpLocalNodeErrorCode;

  constructor(code: XmtpLocalNodeErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
  }
}
