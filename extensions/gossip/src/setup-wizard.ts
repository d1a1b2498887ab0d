// The cold half of the wizard: what a list of channels asks. The questions are loaded when somebody answers them.
import type { SetupContext } from "channel-kit/terminal";
import type { ChannelSetupWizardAdapter } from "openclaw/plugin-sdk/setup";
import { patchAccount } from "./account-patch.ts";
import { listGossipAccountIds, resolveGossipAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";

export const gossipSetupWizard: ChannelSetupWizardAdapter = {
  channel: CHANNEL_ID,
  getStatus: async ({ cfg }) => {
    const configured = listGossipAccountIds(cfg).some(
      (id) => resolveGossipAccount(cfg, id).configured,
    );
    return {
      channel: CHANNEL_ID,
      configured,
      statusLines: [`Gossip: ${configured ? "configured" : "not configured"}`],
      selectionHint: configured ? "configured" : "encrypted, no phone number",
    };
  },
  configure: async (context) => await run({ ...context, configured: false, label: "Gossip" }),
  configureInteractive: run,
  disable: (cfg) => patchAccount(cfg, "default", { enabled: false }),
};

async function run(context: SetupContext) {
  const { runGossipSetup } = await import("./setup-flow.ts");
  return await runGossipSetup(context);
}
