import {
  ChannelKitError,
  toStartError as toKitStartError,
  type StartFailures,
} from "channel-kit/cold";

// The one error class of this plugin is that of the shared rooms it stands on.
export { ChannelKitError as GossipChannelError, needsOperator, readCode } from "channel-kit/cold";

/** Codes of the relay's client, in the operator's words: what, and the next step. */
export const START_FAILURES: StartFailures = {
  insecure_relay_url: [
    "relay_refused",
    "channels.gossip.protocolUrl must be https, or http to this machine",
  ],
};

/** Why an account could not start, see {@link toKitStartError}. */
export function toStartError(error: unknown): ChannelKitError {
  return toKitStartError(error, { channelId: "gossip", own: START_FAILURES });
}
