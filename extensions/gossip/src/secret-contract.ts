// Where the host finds secret references of this channel.
import { createSecretContract } from "channel-kit/secrets";
import { GOSSIP } from "./config-schema.ts";

export const { collectRuntimeConfigAssignments, secretTargetRegistryEntries } =
  createSecretContract(GOSSIP.id, GOSSIP.label);
