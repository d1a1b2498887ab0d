// The end of the wizard: one sealed file with the words that all keys come from.
import { findIdentity, isBackupConfirmed } from "channel-kit";
import { backUp, type BackupOptions, type SetupPrompter } from "channel-kit/terminal";
import { WizardCancelledError } from "openclaw/plugin-sdk/setup";
import type { ConvosContext } from "./cli-conversations.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { readCode } from "./errors.ts";

const LATER = "Later: openclaw convos backup --file FILE";

/**
 * Offers a backup of an account that has none. Not in the run that brings the agent into its first conversation: nothing that
 * could wait stands between a person and the agent's first answer. An account that has been at work has an owner conversation.
 *
 * @param options - For those who do not type a passphrase.
 */
export async function offerBackup(
  context: ConvosContext,
  prompter: SetupPrompter,
  options: Pick<BackupOptions, "passphraseFile"> = {},
): Promise<void> {
  const { account, stateDir } = context;
  if (account.ownerConversationId === undefined) return;
  const folder = await findIdentity({ stateDir, channelId: CHANNEL_ID }, account);
  if (folder === undefined || isBackupConfirmed(folder.record)) return;
  const file = await askFile(prompter);
  if (file === undefined) return;
  try {
    const { lines } = await backUp(context, { ...options, file });
    await prompter.note(lines.join("\n"), "Backup");
  } catch (error) {
    if (readCode(error) === undefined || !(error instanceof Error)) throw error;
    await prompter.note(`${error.message}\n\n${LATER}`, "No backup");
  }
}

/** @returns undefined when none is wanted. Ctrl-C ends this question alone: the host would drop all that the run has settled. */
async function askFile(prompter: SetupPrompter): Promise<string | undefined> {
  try {
    const isWanted = await prompter.confirm({
      message: "Nobody has a backup of the agent's keys. Write one sealed file now?",
      initialValue: false,
    });
    if (!isWanted) return undefined;
    const file = await prompter.text({
      message: "Backup file, best on another disk",
      validate: (value) => (value.trim() === "" ? "The path of a file, or Ctrl-C" : undefined),
    });
    return file.trim();
  } catch (error) {
    if (error instanceof WizardCancelledError) return undefined;
    throw error;
  }
}
