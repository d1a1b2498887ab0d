// Where the host finds secret references of this channel.
import { createSecretContract } from "channel-kit/secrets";
import { CONVOS } from "./config-schema.ts";

export const { collectRuntimeConfigAssignments, secretTargetRegistryEntries } =
  createSecretContract(CONVOS.id, CONVOS.label, ["mnemonic", "privateKey"]);
