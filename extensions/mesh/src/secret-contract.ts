// Where the host finds secret references of this channel.
import { createSecretContract } from "channel-kit/secrets";
import { MESH } from "./config-schema.ts";

export const { collectRuntimeConfigAssignments, secretTargetRegistryEntries } =
  createSecretContract(MESH.id, MESH.label);
