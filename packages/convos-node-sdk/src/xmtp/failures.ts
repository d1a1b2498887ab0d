import { ConvosError } from "../errors.ts";

/** How the native module words what it rejects with; it has no codes of its own. */
const CODES = [
  [/Group is inactive|GroupInactive|not a member/iu, "not_allowed", "no longer a member"],
  [
    /super-admin cannot leave/u,
    "not_allowed",
    "whoever made a conversation cannot leave it, only end it for everybody",
  ],
  [
    /permission|InsufficientPermissions|unauthorized/iu,
    "not_allowed",
    "the group does not allow it",
  ],
  [
    // The last is what a connection says ever after, when a write has failed and could not be undone: it has to be opened anew.
    /disk is full|readonly database|disk I\/O error|while a transaction is open/iu,
    "state_unwritable",
    "the disk is full or failing",
  ],
  [/Cannot register a new installation|too many installations/iu, "too_many_installations", ""],
  [/NotFound::Message/u, "unknown_message", "no such message"],
  [/needs to reconnect before use|client closed/iu, "closed", "the inbox is closed"],
  [
    /service is currently unavailable|tcp connect error|transport error|timed? ?out|dns error|ConnectError|broken pipe|h2 protocol error|error reading a body|ConnectionRefused|SyncFailed|connection (?:closed|reset)/iu,
    "network_unreachable",
    "the XMTP network cannot be reached",
  ],
] as const;

const TOO_MANY =
  "This key is in use in as many places as XMTP allows. Restore from the backup of the account's folder instead of from its words alone.";

/** Runs a call of the native module and turns what it rejects with into our own error. */
export async function asXmtpError<T>(operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw toXmtpError(operation, cause);
  }
}

/** The same for calls that answer at once. */
export function asXmtpErrorNow<T>(operation: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw toXmtpError(operation, cause);
  }
}

function toXmtpError(operation: string, cause: unknown): ConvosError {
  if (cause instanceof ConvosError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  for (const [pattern, code, meaning] of CODES) {
    if (!pattern.test(text)) continue;
    const message = code === "too_many_installations" ? TOO_MANY : `${operation}: ${meaning}`;
    return new ConvosError(code, message, { cause });
  }
  return new ConvosError("xmtp_failed", `${operation}: XMTP refused or failed`, { cause });
}
