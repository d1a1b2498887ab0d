// The host looks for this file by name, beside the built entries, to learn which settings are secrets.
export {
  collectRuntimeConfigAssignments,
  secretTargetRegistryEntries,
} from "./src/secret-contract.ts";
