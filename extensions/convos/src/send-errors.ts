// SDK error → host error, for what is sent. Apart from the others: every command of the host would load what it needs.
import { createSendErrorMapper } from "channel-kit";

/** What queueing a message threw, for the host, see {@link createSendErrorMapper}. */
export const mapSendError = createSendErrorMapper("convos", {
  passing: ["closed", "locked", "queue_full", "state_unwritable", "network_unreachable"],
  permanent: [
    "invalid_target",
    "invalid_input",
    "too_large",
    "unknown_conversation",
    "not_allowed",
  ],
});
