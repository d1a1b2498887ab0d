import type { StartFailures } from "channel-kit/cold";

// The one error class of this plugin is that of the shared rooms it stands on.
export { ChannelKitError as MeshChannelError } from "channel-kit/cold";

/** Codes of the protocol client, in the operator's words: what, and the next step. */
export const START_FAILURES: StartFailures = {
  invalid_url: [
    "config_invalid",
    "an address in channels.mesh is none: peers are wss:// or ws://, bootstrapUrl is https. See: openclaw doctor",
  ],
  invalid_channel_id: [
    "config_invalid",
    "a name in channels.mesh.channels is no group channel. See: openclaw config get channels.mesh.channels",
  ],
  network_unreachable: [
    "relay_refused",
    "channels.mesh.listen: the port is taken, or the address is not of this machine. Take another port, or port 0 for a free one",
  ],
};
