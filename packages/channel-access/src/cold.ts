// What setup, status lists, and the manifest need. It loads no message path, and of the host only what is light: every
// command of the host pays for it.
export { tryParseGroupEntry, type GroupEntry } from "./access-groups.ts";
export {
  createConfigSchema,
  createDmPolicyResolver,
  createManifestSchema,
  dmAccessShape,
  refineDmAccess,
} from "./config.ts";
export { createSenderIdentity, type SenderIdentityOptions } from "./identity.ts";
