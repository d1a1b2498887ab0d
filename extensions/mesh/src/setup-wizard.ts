// The cold half of the wizard: what a list of channels asks. The questions are loaded when somebody answers them.
import type { SetupContext } from "channel-kit/terminal";
import type { ChannelSetupWizardAdapter } from "openclaw/plugin-sdk/setup";
import { patchAccount } from "./account-patch.ts";
import { listMeshAccountIds, resolveMeshAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";

export const meshSetupWizard: ChannelSetupWizardAdapter = {
  channel: CHANNEL_ID,
  getStatus: async ({ cfg }) => {
    const configured = listMeshAccountIds(cfg).some((id) => resolveMeshAccount(cfg, id).configured);
    return {
      channel: CHANNEL_ID,
      configured,
      statusLines: [`Mesh: ${configured ? "configured" : "not configured"}`],
      selectionHint: configured ? "configured" : "bots among themselves, no server",
    };
  },
  configure: async (context) => await run({ ...context, configured: false, label: "Mesh" }),
  configureInteractive: run,
  disable: (cfg) => patchAccount(cfg, "default", { enabled: false }),
};

async function run(context: SetupContext) {
  const { runMeshSetup } = await import("./setup-flow.ts");
  return await runMeshSetup(context);
}
