// The Mesh plugin as it ships, except that the test decides how far each turn comes. crash-bundle.ts bundles it, and the real
// gateway loads it under the plugin's own name.
import { requireChannelRuntime } from "channel-access";
import { defineChannelPluginEntry } from "openclaw/plugin-sdk/channel-core";
import { meshPlugin } from "../../../../extensions/mesh/src/channel.ts";
import { startMeshAccount } from "../../../../extensions/mesh/src/gateway.ts";
import { conversationOf } from "../../../../extensions/mesh/src/inbound.ts";
import { getMeshRuntime, setMeshRuntime } from "../../../../extensions/mesh/src/runtime.ts";
import { tryParseTarget } from "../../../../extensions/mesh/src/targets.ts";
import { reach, stopInSends, stopInTurns } from "./stops.ts";

const TIMING = { redialMinMs: 100, redialMaxMs: 500, syncMs: 2000 } as const;

const sends = stopInSends(meshPlugin.message, (target) => tryParseTarget(target)?.id);

const crashPlugin: typeof meshPlugin = {
  ...meshPlugin,
  message: sends.adapter,
  gateway: {
    ...meshPlugin.gateway,
    startAccount: (context) =>
      startMeshAccount(
        {
          ...context,
          channelRuntime: stopInTurns(requireChannelRuntime(context.channelRuntime)),
        },
        () => ({
          stateDir: getMeshRuntime().state.resolveStateDir(process.env),
          timing: TIMING,
          checkpoints: {
            receive: async (step, facts) => await reach(step, conversationOf(facts)),
            outbox: sends.atOutbox,
          },
        }),
      ),
  },
};

export default defineChannelPluginEntry({
  id: "mesh",
  name: "Mesh",
  description: "The Mesh channel under a crash test.",
  plugin: crashPlugin,
  setRuntime: setMeshRuntime,
});
