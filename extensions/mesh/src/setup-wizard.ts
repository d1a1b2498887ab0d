import { createSetupWizard } from "channel-kit/cold";
import { meshChannel } from "./account-channel.ts";

export const meshSetupWizard = createSetupWizard(
  meshChannel,
  "bots among themselves, no server",
  async () => (await import("./setup-flow.ts")).runMeshSetup,
);
