// `openclaw <channel> backup`: the words on paper, or one sealed file. Either counts only once it was checked.
import path from "node:path";
import { MIN_PASSPHRASE_CHARACTERS, openBackup, sealBackup } from "./backup-file.ts";
import { readPassphrase, type CliAnswer, type CliContext } from "./cli-io.ts";
import { ChannelKitError } from "./errors.ts";
import { confirmBackup, type IdentityFolder } from "./identity-file.ts";
import { showAndConfirmPhrase } from "./phrase-page.ts";
import { readPrivateFile, writePrivateFile } from "./private-file.ts";
import { withPrivateScreen } from "./private-screen.ts";
import { SecretText } from "./secret-text.ts";
import { requireIdentity } from "./stopped-account.ts";

const MAX_BACKUP_BYTES = 16 * 1024;

export interface BackupOptions {
  readonly file?: string;
  readonly passphraseFile?: string;
}

/** @throws ChannelKitError `command_refused` without a terminal, `mnemonic_unavailable` when the words are elsewhere. */
export async function backUp(context: CliContext, options: BackupOptions): Promise<CliAnswer> {
  const folder = await requireIdentity(context);
  const words = wordsOf(folder, context);
  return options.file === undefined
    ? await showWords(context, folder, words)
    : await writeBackup(context, folder, words, { ...options, file: path.resolve(options.file) });
}

function wordsOf({ record }: IdentityFolder, { account, channel }: CliContext): SecretText {
  if (record.mnemonic !== undefined) return new SecretText(record.mnemonic);
  if (account.mnemonic.kind === "configured") return account.mnemonic.words;
  throw new ChannelKitError(
    "mnemonic_unavailable",
    "the recovery phrase of this account is in a secret that only the gateway resolves; back it up there. " +
      `Which one: openclaw ${channel.id} identity`,
  );
}

async function showWords(
  { account, channel, now, terminal }: CliContext,
  folder: IdentityFolder,
  words: SecretText,
): Promise<CliAnswer> {
  if (terminal === undefined) {
    throw new ChannelKitError(
      "command_refused",
      `recovery words are shown on a terminal only. Without one: openclaw ${channel.id} backup --file FILE --passphrase-file FILE`,
    );
  }
  const outcome = await withPrivateScreen(terminal, (screen) =>
    showAndConfirmPhrase(screen, words.reveal()),
  );
  const confirmed = outcome === "confirmed";
  if (confirmed && folder.record.mnemonic !== undefined)
    await confirmBackup(folder, new Date(now()));
  return {
    json: { accountId: account.accountId, userId: folder.record.userId, confirmed },
    lines: [
      confirmed
        ? "Backup confirmed: the words are on paper."
        : `Not confirmed. When the words are on paper: openclaw ${channel.id} backup`,
    ],
    exitCode: confirmed ? 0 : 1,
  };
}

async function writeBackup(
  context: CliContext,
  folder: IdentityFolder,
  mnemonic: SecretText,
  { file, passphraseFile }: BackupOptions & { readonly file: string },
): Promise<CliAnswer> {
  const { userId, username } = folder.record;
  const passphrase = await readPassphrase(context, {
    ...(passphraseFile === undefined ? {} : { file: passphraseFile }),
    twice: true,
    minCharacters: MIN_PASSPHRASE_CHARACTERS,
  });
  const createdAt = new Date(context.now());
  await writePrivateFile(
    file,
    await sealBackup(context.channel.id, { userId, username, mnemonic }, passphrase, createdAt),
  );
  const read = await openBackup(context.channel.id, await readBackupFile(file), passphrase);
  if (read.userId !== userId || read.mnemonic.reveal() !== mnemonic.reveal()) {
    throw new ChannelKitError("backup_unreadable", `${file} does not read back; try again`);
  }
  if (folder.record.mnemonic !== undefined) await confirmBackup(folder, createdAt);
  return {
    json: { accountId: context.account.accountId, userId, file, verified: true },
    lines: [
      `Backup written and read back: ${file}`,
      `It opens with the passphrase only. Keep it on another disk. Restore: openclaw ${context.channel.id} restore FILE`,
    ],
  };
}

/** @throws ChannelKitError `backup_unreadable` when there is no such file. */
export async function readBackupFile(file: string): Promise<string> {
  const text = await readPrivateFile(file, MAX_BACKUP_BYTES);
  if (text !== undefined) return text;
  throw new ChannelKitError("backup_unreadable", `there is no file ${file}`);
}
