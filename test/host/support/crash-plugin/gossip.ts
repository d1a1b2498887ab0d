// The Gossip plugin as it ships, except that the test decides how far each turn comes. crash-bundle.ts bundles it, and
// the real gateway loads it under the plugin's own name.
import { requireChannelRuntime } from "channel-access";
import { defineChannelPluginEntry } from "openclaw/plugin-sdk/channel-core";
import { gossipPlugin } from "../../../../extensions/gossip/src/channel.ts";
import { startGossipAccount } from "../../../../extensions/gossip/src/gateway.ts";
import { getGossipRuntime, setGossipRuntime } from "../../../../extensions/gossip/src/runtime.ts";
import { tryParseGossipId } from "../../../../extensions/gossip/src/targets.ts";
import { reach, stopInSends, stopInTurns } from "./stops.ts";

const POLLING = {
  liveMs: 300,
  idleMs: 300,
  idleMaxMs: 500,
  bulletinMs: 300,
  tickMs: 500,
  repostMs: 500,
} as const;

const sends = stopInSends(gossipPlugin.message, tryParseGossipId);

const crashPlugin: typeof gossipPlugin = {
  ...gossipPlugin,
  message: sends.adapter,
  gateway: {
    ...gossipPlugin.gateway,
    startAccount: (context) =>
      startGossipAccount(
        {
          ...context,
          channelRuntime: stopInTurns(requireChannelRuntime(context.channelRuntime)),
        },
        () => {
          const { state, system } = getGossipRuntime();
          return {
            stateDir: state.resolveStateDir(process.env),
            system,
            polling: POLLING,
            checkpoints: {
              receive: async (step, facts) => {
                if (facts.kind === "message") await reach(step, facts.peer);
              },
              outbox: sends.atOutbox,
            },
          };
        },
      ),
  },
};

export default defineChannelPluginEntry({
  id: "gossip",
  name: "Gossip",
  description: "The Gossip channel under a crash test.",
  plugin: crashPlugin,
  setRuntime: setGossipRuntime,
});
