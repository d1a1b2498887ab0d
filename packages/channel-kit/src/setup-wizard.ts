// The cold half of the wizard: what a list of channels asks. The questions are loaded when somebody answers them.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { ChannelSetupWizardAdapter } from "openclaw/plugin-sdk/setup";
import type { AccountChannel } from "./account-channel.ts";
import { patchAccount } from "./account-patch.ts";
import type { SetupContext } from "./setup-io.ts";

type RunSetup = (
  context: SetupContext,
) => Promise<{ readonly cfg: OpenClawConfig; readonly accountId: string }>;

/** @param hint - Beside the channel's name in the list, while it is not configured. */
export function createSetupWizard(
  { id, label, listAccountIds, resolveAccount }: AccountChannel,
  hint: string,
  load: () => Promise<RunSetup>,
): ChannelSetupWizardAdapter {
  const run: RunSetup = async (context) => await (await load())(context);
  return {
    channel: id,
    getStatus: async ({ cfg }) => {
      const configured = listAccountIds(cfg).some(
        (accountId) => resolveAccount(cfg, accountId).configured,
      );
      return {
        channel: id,
        configured,
        statusLines: [`${label}: ${configured ? "configured" : "not configured"}`],
        selectionHint: configured ? "configured" : hint,
      };
    },
    configure: (context) => run({ ...context, configured: false, label }),
    configureInteractive: run,
    disable: (cfg) => patchAccount(id, cfg, "default", { enabled: false }),
  };
}
