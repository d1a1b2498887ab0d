import { GossipError } from "../errors.ts";

/** "Bad request", "too large", "unprocessable": about what was posted, not about the relay or the way to it. */
const ABOUT_THE_CONTENT: ReadonlySet<number | undefined> = new Set([400, 413, 422]);
const CONFLICT = 409;

/** Whether the relay refused this one thing, so that others need not wait, and trying for ever is no use. */
export function isRefusal(error: unknown): error is GossipError {
  return (
    error instanceof GossipError &&
    error.code === "relay_rejected" &&
    ABOUT_THE_CONTENT.has(error.status)
  );
}

/** Whether the relay says that other bytes are at this address already. */
export function isConflict(error: unknown): error is GossipError {
  return (
    error instanceof GossipError && error.code === "relay_rejected" && error.status === CONFLICT
  );
}
