import { createSetupWizard } from "channel-kit/cold";
import { convosChannel } from "./account-channel.ts";

export const convosSetupWizard = createSetupWizard(
  convosChannel,
  "encrypted, joined by an invite",
  async () => (await import("./setup-flow.ts")).runConvosSetup,
);
