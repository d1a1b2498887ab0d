// What somebody at a terminal meets: the wizard, recovery words, commands, and doctor. Loaded when a command runs.
export {
  findTerminal,
  wantsPlain,
  withPrivateScreen,
  type PrivateScreen,
  type Terminal,
} from "./private-screen.ts";
export { enterPhrase, type PhraseRules } from "./phrase-entry.ts";
export { layOutPages, showAndConfirmPhrase, type PhraseOutcome } from "./phrase-page.ts";
export {
  canShowQr,
  describeContactCard,
  makeContactCard,
  type ContactCard,
  type ContactCardOptions,
} from "./contact-card.ts";
export {
  MIN_PASSPHRASE_CHARACTERS,
  openBackup,
  sealBackup,
  type BackupContent,
} from "./backup-file.ts";
export {
  cancelSetup,
  type Configured,
  type SetupContext,
  type SetupIo,
  type SetupPrompter,
} from "./setup-io.ts";
export { writeConfig } from "./write-config.ts";
export { answerStatus, lookAtAccounts } from "./cli-status.ts";
export { describeAccount, type AccountFacts } from "./status-line.ts";
export { formatFinding, type Finding, type NoteFinding } from "./doctor-finding.ts";
export {
  createCliContext,
  readPassphrase,
  readTypedLine,
  type CliAnswer,
  type CliContext,
  type CliOptions,
} from "./cli-io.ts";
export { backUp, readBackupFile, type BackupOptions } from "./cli-backup.ts";
export { deleteIdentity, showIdentity } from "./cli-identity.ts";
export { restoreIdentity, type RestoredIdentity, type RestoreSource } from "./cli-restore.ts";
export {
  requireIdentity,
  withErasure,
  withStoppedDeadLetters,
  withStoppedStore,
  type StoppedAccountOptions,
} from "./stopped-account.ts";
export type { OwnerConnection, OwnerDialog, OwnerOutcome } from "./owner-handshake.ts";
export { createOwnerStep, type OwnerConnectionOptions, type OwnerRooms } from "./owner-step.ts";
export { settleIdentity, type SettledIdentity } from "./setup-identity.ts";
export { askSecretReference } from "./setup-secret.ts";
export { chooseAccount, isRemote, noteEffect, openSetupIo, tellSecretMove } from "./setup-start.ts";
export {
  describeWords,
  provisionFromFile,
  setUpUnattended,
  type ProvisionedAccount,
  type ScopeChoice,
  type SettledScope,
} from "./setup-unattended.ts";
export {
  findUnprovenOwners,
  inspectRunning,
  readApprovedSenders,
  type ReadApproved,
} from "./doctor-people.ts";
export {
  provisionIdentity,
  readPhraseFile,
  type ProvisionedIdentity,
  type ProvisionOptions,
} from "./setup-provision.ts";
export { describeSecretMove } from "./secret-move.ts";
export { createDoctor, type DoctorSources } from "./doctor.ts";
export { inspectConfig, type ConfigRules, type ConfiguredAccount } from "./doctor-config.ts";
export { findOpenings, placeOf } from "./doctor-openness.ts";
export { closeToOthers, inspectFiles } from "./doctor-files.ts";
export { adviseScope, recommendScope, settleScope, type SafeScope } from "./session-scope.ts";
export { hasOwner, settleOwner, type OwnerMoment } from "./setup-owner.ts";
export { describeOutcome, makeOwner } from "./cli-owner.ts";
export { listenForOwner, type ReachableConnection } from "./owner-connection.ts";
export { inspectGateway, type AskGateway } from "./doctor-gateway.ts";
