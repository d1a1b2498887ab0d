// The Convos plugin as it ships, except that the test decides how far each turn comes. crash-bundle.ts bundles it, and
// the real gateway loads it under the plugin's own name.
import { requireChannelRuntime } from "channel-access";
import { writeConfig } from "channel-kit/terminal";
import { defineChannelPluginEntry } from "openclaw/plugin-sdk/channel-core";
import { convosPlugin } from "../../../../extensions/convos/src/channel.ts";
import { startConvosAccount } from "../../../../extensions/convos/src/gateway.ts";
import { registerOperatorMethods } from "../../../../extensions/convos/src/operator-methods.ts";
import { getConvosRuntime, setConvosRuntime } from "../../../../extensions/convos/src/runtime.ts";
import { tryParseConversationId } from "../../../../extensions/convos/src/targets.ts";
import { reach, stopInSends, stopInTurns } from "./stops.ts";

const TIMING = { reconcileMs: 10_000, retryMinMs: 250, retryMaxMs: 1000 };
/** Far beyond what a long run asks for: this is not about the budget. */
const TURN_BUDGET = { perPerson: 10_000, perAccount: 100_000 };

const sends = stopInSends(convosPlugin.message, tryParseConversationId);

const crashPlugin: typeof convosPlugin = {
  ...convosPlugin,
  message: sends.adapter,
  gateway: {
    ...convosPlugin.gateway,
    startAccount: (context) =>
      startConvosAccount(
        {
          ...context,
          channelRuntime: stopInTurns(requireChannelRuntime(context.channelRuntime)),
        },
        () => {
          const { state, system } = getConvosRuntime();
          return {
            stateDir: state.resolveStateDir(process.env),
            system,
            writeConfig: async (edit) => {
              await writeConfig(edit);
            },
            timing: TIMING,
            turnBudget: TURN_BUDGET,
            checkpoints: {
              receive: async (step, facts) => {
                if (facts.kind === "message") await reach(step, facts.conversationId);
              },
              outbox: sends.atOutbox,
            },
          };
        },
      ),
  },
};

export default defineChannelPluginEntry({
  id: "convos",
  name: "Convos",
  description: "The Convos channel under a crash test.",
  plugin: crashPlugin,
  setRuntime: setConvosRuntime,
  // By these the test makes conversations and invites, as an operator does.
  registerFull: (api) => registerOperatorMethods(api),
});
