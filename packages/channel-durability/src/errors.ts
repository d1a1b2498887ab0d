/**
 * What went wrong, as a closed set to branch on.
 *
 * - `invalid_key`: the sealing key is not 32 bytes.
 * - `invalid_id`: an event id or queue id is empty.
 * - `wrong_key`: the file was sealed under another key; nothing was changed.
 * - `state_newer`: a newer version of this package wrote the file; nothing was changed.
 * - `state_unreadable`: not our file, or SQLite cannot read it; nothing was replaced.
 * - `state_unwritable`: the disk is full, read-only, or fails; nothing was changed, and trying again may help.
 * - `corrupt_row`: one stored row does not open or does not parse.
 * - `malformed_event`: a stored inbound event does not parse back into the event it was admitted as.
 * - `claim_lost`: another owner took over an inbound event that this one was to answer.
 * - `handoff_skipped`: a transport sent without asking for the host's permission first (a bug of the transport).
 * - `closed`: the store or the outbox was closed before the call.
 */
export type ChannelDurabilityErrorCode =
  | "invalid_key"
  | "invalid_id"
  | "wrong_key"
  | "state_newer"
  | "state_unreadable"
  | "state_unwritable"
  | "corrupt_row"
  | "malformed_event"
  | "claim_lost"
  | "handoff_skipped"
  | "closed";

/** The one error class of this package. Messages name operations and sizes, never message contents or keys. */
export class ChannelDurabilityError extends Error {
  override readonly name = "ChannelDurabilityError";
  readonly code: ChannelDurabilityErrorCode;

  constructor(
    code: ChannelDurabilityErrorCode,
    message: string,
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Names an error for a log line or a stored note: class and code, never the message, which may quote what a
 * person wrote when the error comes from a dependency.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) {
    return "unknown error";
  }
  const code = "code" in error && typeof error.code === "string" ? ` ${error.code}` : "";
  return `${error.name}${code}`;
}
