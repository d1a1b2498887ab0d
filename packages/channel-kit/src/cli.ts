// What registering the commands below `openclaw <channel>` needs. Setup and status lists do without.
export { SCOPE_OPTION, shared, type Command } from "./cli-options.ts";
export {
  addBackupCommand,
  addDeadLetterCommands,
  addIdentityCommands,
  addOwnerCommand,
  addRestoreCommand,
  addStatusCommand,
  createCliRegistrar,
  runSetupCommand,
  type RestoreOptions,
  type RunCommand,
} from "./cli-commands.ts";
