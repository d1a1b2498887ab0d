// The part of `openclaw <channel> restore` that every channel has: an identity comes back from a backup file or from its words.
import path from "node:path";
import { openBackup } from "./backup-file.ts";
import { readBackupFile } from "./cli-backup.ts";
import { readPassphrase, type CliContext } from "./cli-io.ts";
import type { AccountChannel, ChannelAccount } from "./account-channel.ts";
import { ChannelKitError, toStartError } from "./errors.ts";
import {
  createIdentity,
  findIdentity,
  setIdentityAside,
  storeMissingWords,
  type IdentityFolder,
} from "./identity-file.ts";
import { acquireIdentityLock } from "./lock.ts";
import { enterPhrase } from "./phrase-entry.ts";
import { withPrivateScreen } from "./private-screen.ts";
import type { SecretText } from "./secret-text.ts";

/** Where the words come from: a file, or the keyboard when there is none. */
export interface RestoreSource {
  readonly file: string | undefined;
  readonly passphraseFile: string | undefined;
}

/** What came back. The identity is locked for this process as long as it is lent. */
export interface RestoredIdentity<TIdentity> {
  readonly identity: TIdentity;
  readonly folder: IdentityFolder;
  /** Where an earlier identity of the account is kept now. */
  readonly setAside: string | undefined;
}

/**
 * Puts an identity back and lends it to `use`, which finds its conversations again.
 *
 * @throws ChannelKitError `already_running`, `command_refused`, `cancelled`, `backup_unreadable`.
 */
export async function restoreIdentity<T, TIdentity extends { readonly userId: string }>(
  context: CliContext,
  channel: AccountChannel<ChannelAccount, TIdentity>,
  source: RestoreSource,
  use: (restored: RestoredIdentity<TIdentity>) => Promise<T>,
): Promise<T> {
  const { account, stateDir } = context;
  if (account.mnemonic.kind !== "generated") {
    throw new ChannelKitError(
      "command_refused",
      "the configuration names the identity of this account; put the phrase where its mnemonic refers to, " +
        "then: openclaw secrets reload",
    );
  }
  const words =
    source.file === undefined
      ? await typeWords(context)
      : await openFile(context, source.file, source.passphraseFile);
  const { maker } = await channel.loadIdentities();
  const identity = await maker.derive(words.reveal());
  const home = { stateDir, channelId: channel.id };
  const { userId } = identity;
  const signal = new AbortController().signal;
  // Refuses while a gateway has it, here or from another state directory of this machine.
  const lock = await acquireIdentityLock({ ...home, userId, signal });
  let setAside: string | undefined;
  try {
    const kept = await makeRoom(context, userId);
    setAside = kept.setAside;
    const same = kept.isSame ? await findIdentity(home, account) : undefined;
    const folder =
      // The configuration gives no words here: without these the account could not start.
      (same && (await storeMissingWords(same, words, new Date(context.now())))) ??
      (await createIdentity(home, {
        accountId: account.accountId,
        username: account.username,
        userId,
        mnemonic: words.reveal(),
        createdAt: new Date(context.now()).toISOString(),
        // Whoever has the words or the file has a backup.
        backupConfirmedAt: new Date(context.now()).toISOString(),
      }));
    if (folder === undefined) {
      throw new ChannelKitError("username_taken", "the folder was taken meanwhile; try again");
    }
    return await use({ identity, folder, setAside });
  } catch (error) {
    throw setAside === undefined ? error : nameSetAside(error, channel, setAside);
  } finally {
    await lock.release();
  }
}

/** Whatever went wrong after it: where the earlier identity is must not be a guess. */
function nameSetAside(
  error: unknown,
  { id, startFailures }: Pick<AccountChannel, "id" | "startFailures">,
  setAside: string,
): ChannelKitError {
  const { code, message } = toStartError(error, { channelId: id, own: startFailures });
  return new ChannelKitError(code, `${message} The earlier identity is kept in ${setAside}`, {
    cause: error,
  });
}

async function typeWords({ channel, terminal }: CliContext): Promise<SecretText> {
  if (terminal === undefined) {
    throw new ChannelKitError(
      "command_refused",
      `recovery words are typed in a terminal. Without one: openclaw ${channel.id} restore FILE --passphrase-file FILE`,
    );
  }
  const { phraseRules } = await channel.loadIdentities();
  const words = await withPrivateScreen(terminal, (screen) => enterPhrase(screen, phraseRules));
  if (words !== undefined) return words;
  throw new ChannelKitError("cancelled", "no words; nothing was changed.");
}

async function openFile(
  context: CliContext,
  file: string,
  passphraseFile: string | undefined,
): Promise<SecretText> {
  const text = await readBackupFile(path.resolve(file));
  const passphrase = await readPassphrase(context, {
    ...(passphraseFile === undefined ? {} : { file: passphraseFile }),
    twice: false,
    minCharacters: 1,
  });
  const { mnemonic, userId } = await openBackup(context.channel.id, text, passphrase);
  const { maker } = await context.channel.loadIdentities();
  const derived = await maker.derive(mnemonic.reveal());
  if (derived.userId === userId) return mnemonic;
  throw new ChannelKitError(
    "backup_unreadable",
    "the words in this backup do not make the id it names. Nothing was changed.",
  );
}

/** Moves another identity of the account aside, once that was confirmed; it is never deleted. */
async function makeRoom(
  context: CliContext,
  userId: string,
): Promise<{ isSame: boolean; setAside: string | undefined }> {
  const { account, channel, stateDir } = context;
  const home = { stateDir, channelId: channel.id };
  const existing = await findIdentity(home, account);
  if (existing === undefined) return { isSame: false, setAside: undefined };
  if (existing.record.userId === userId) return { isSame: true, setAside: undefined };
  const signal = new AbortController().signal;
  const lock = await acquireIdentityLock({ ...home, userId: existing.record.userId, signal });
  try {
    await context.confirm(
      `Account ${account.accountId} is ${existing.record.userId} now. It becomes ${userId}; the old identity is kept beside it.`,
      "REPLACE",
    );
    const setAside = await setIdentityAside(existing, new Date(context.now()));
    return { isSame: false, setAside };
  } finally {
    await lock.release();
  }
}
