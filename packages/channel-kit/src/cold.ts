// What setup, status lists, and the manifest need. It loads no message path and no database, and of the host only what is
// light: every command of the host pays for it.
export type { ChannelNames } from "./channel-names.ts";
export {
  ChannelKitError,
  needsOperator,
  readCode,
  toStartError,
  type ChannelKitErrorCode,
  type StartErrorScope,
  type StartFailures,
} from "./errors.ts";
export {
  findConfiguredAccount,
  listConfiguredAccounts,
  type SectionRules,
} from "./configured-account.ts";
export { resolveTurnBudget, type ConfiguredTurnBudget } from "./turn-budget-config.ts";
export { cleanName } from "./peer-text.ts";
export { SecretText } from "./secret-text.ts";
export { mnemonicKey, resolveMnemonic, type MnemonicSource } from "./mnemonic.ts";
export { channelFolder, slugUsername, type ChannelHome } from "./identity-path.ts";
export { once } from "./once.ts";
export { createAccountPatch, parseSection, settingPath } from "./account-patch.ts";
export {
  createConfigAdapter,
  createReloadRules,
  createRouteResolver,
  type ConfigAdapterOptions,
} from "./plugin-base.ts";
export { createSecurity } from "./security.ts";
export { createPluginManifest } from "./manifest.ts";
export { createUiHints } from "./ui-hints.ts";
export {
  createSetupAdapter,
  findSetupProblem,
  patchPhrase,
  phraseFields,
  type SetupPhrase,
} from "./setup-adapter.ts";
export { createSetupWizard } from "./setup-wizard.ts";
export {
  DURABLE_FILE,
  type AccountChannel,
  type ChannelAccount,
  type IdentityPort,
} from "./account-channel.ts";
export { addOwner, grantDirectOwner, isOwned, listOwners } from "./owner-grant.ts";
export {
  createChatStringsSchema,
  fillChatStrings,
  type ChatStringOverrides,
  type ChatStrings,
} from "./chat-strings.ts";
