import { createSetupWizard } from "channel-kit/cold";
import { gossipChannel } from "./account-channel.ts";

export const gossipSetupWizard = createSetupWizard(
  gossipChannel,
  "encrypted, no phone number",
  async () => (await import("./setup-flow.ts")).runGossipSetup,
);
