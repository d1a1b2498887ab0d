// The cold half of the wizard: what a list of channels asks. The questions are loaded when somebody answers them.
import type { SetupContext } from "channel-kit/terminal";
import type { ChannelSetupWizardAdapter } from "openclaw/plugin-sdk/setup";
import { patchAccount } from "./account-patch.ts";
import { listConvosAccountIds, resolveConvosAccount } from "./accounts.ts";
import { CHANNEL_ID, CONVOS } from "./config-schema.ts";

export const convosSetupWizard: ChannelSetupWizardAdapter = {
  channel: CHANNEL_ID,
  getStatus: async ({ cfg }) => {
    const configured = listConvosAccountIds(cfg).some(
      (id) => resolveConvosAccount(cfg, id).configured,
    );
    return {
      channel: CHANNEL_ID,
      configured,
      statusLines: [`Convos: ${configured ? "configured" : "not configured"}`],
      selectionHint: configured ? "configured" : "encrypted, joined by an invite",
    };
  },
  configure: async (context) => await run({ ...context, configured: false, label: CONVOS.label }),
  configureInteractive: run,
  disable: (cfg) => patchAccount(cfg, "default", { enabled: false }),
};

async function run(context: SetupContext) {
  const { runConvosSetup } = await import("./setup-flow.ts");
  return await runConvosSetup(context);
}
