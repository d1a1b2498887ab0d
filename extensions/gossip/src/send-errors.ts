// SDK error → host error, for what is sent. Apart from the others: every command of the host would load what it needs.
import { createSendErrorMapper } from "channel-kit";

/** What queueing a message threw, for the host, see {@link createSendErrorMapper}. */
export const mapSendError = createSendErrorMapper("gossip", {
  passing: [
    "closed",
    "locked",
    "queue_full",
    "state_unwritable",
    "relay_unreachable",
    "relay_rate_limited",
    "relay_rejected",
    "relay_bad_response",
  ],
  permanent: [
    "invalid_user_id",
    "invalid_target",
    "too_large",
    "unknown_peer",
    "invalid_public_keys",
    "identity_mismatch",
    "malformed",
    "refused_by_relay",
  ],
});
