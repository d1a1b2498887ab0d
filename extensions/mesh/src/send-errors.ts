// SDK error → host error, for what is sent. Apart from the others: every command of the host would load what it needs.
import { createSendErrorMapper } from "channel-kit";

/** What queueing a message threw, for the host, see {@link createSendErrorMapper}. */
export const mapSendError = createSendErrorMapper("mesh", {
  passing: ["closed", "locked", "queue_full", "state_unwritable", "rate_limited"],
  permanent: ["invalid_peer_id", "invalid_channel_id", "too_large", "malformed", "invalid_key"],
});
