// Which identity an account speaks as. The order matters: what is on disk is never overwritten by a guess.
import { DEFAULT_ACCOUNT_ID } from "openclaw/plugin-sdk/account-id";
import { ChannelKitError } from "./errors.ts";
import {
  createIdentity,
  findIdentity,
  removeStoredWords,
  sessionFile,
  setAsidePath,
  type IdentityFolder,
} from "./identity-file.ts";
import { mnemonicKey, type MnemonicSource } from "./mnemonic.ts";
import type { ChannelHome } from "./identity-path.ts";
import { SecretText } from "./secret-text.ts";

const CREATE_ATTEMPTS = 3;

/** What deciding needs from the protocol: new words, and whom words make. */
export interface IdentityMaker<TIdentity extends { readonly userId: string }> {
  generateWords(): string;
  /** @throws ChannelKitError `mnemonic_invalid`. */
  derive(words: string): Promise<TIdentity>;
}

export interface OpenedIdentity<TIdentity> {
  readonly identity: TIdentity;
  readonly folder: IdentityFolder;
  /** True when this start made the identity. */
  readonly created: boolean;
  /** True when the words were just taken out of session.json because the configuration has them. */
  readonly movedWords: boolean;
}

/** What of an account says who it is. */
export interface IdentityAccount {
  readonly accountId: string;
  readonly username: string;
  readonly mnemonic: MnemonicSource;
}

export interface OpenIdentityOptions<
  TIdentity extends { readonly userId: string },
> extends ChannelHome {
  readonly account: IdentityAccount;
  readonly maker: IdentityMaker<TIdentity>;
  readonly now: () => number;
}

/**
 * Opens the identity of an account, or makes it on the very first start.
 *
 * Configured words win and are then kept nowhere else; they must be those of the identity on disk. Without configured
 * words, session.json has them.
 *
 * @throws ChannelKitError `mnemonic_unavailable`, `mnemonic_invalid`, `mnemonic_missing`, `identity_mismatch`, and
 * what {@link findIdentity} throws. Nothing on disk was changed then.
 */
export async function openIdentity<TIdentity extends { readonly userId: string }>(
  options: OpenIdentityOptions<TIdentity>,
): Promise<OpenedIdentity<TIdentity>> {
  const { account, stateDir } = options;
  assertAvailable(options);
  for (let attempt = 0; attempt < CREATE_ATTEMPTS; attempt += 1) {
    const found = await findIdentity(options, account);
    if (found !== undefined) return await reopen(found, options);
    const made = await make(options);
    if (made !== undefined) return made;
  }
  throw new ChannelKitError(
    "identity_unsafe",
    `cannot create the folder of username "${account.username}"; ` +
      `check who may write to ${stateDir}, then start again.`,
  );
}

async function reopen<TIdentity extends { readonly userId: string }>(
  folder: IdentityFolder,
  options: OpenIdentityOptions<TIdentity>,
): Promise<OpenedIdentity<TIdentity>> {
  const { account, maker } = options;
  const stored = folder.record.mnemonic;
  if (account.mnemonic.kind !== "configured") {
    if (stored === undefined) throw missingWords(options, folder);
    const identity = await maker.derive(stored);
    if (identity.userId !== folder.record.userId) throw damagedRecord(folder);
    return { identity, folder, created: false, movedWords: false };
  }
  const identity = await maker.derive(account.mnemonic.words.reveal());
  if (identity.userId !== folder.record.userId) {
    throw mismatch(identity.userId, folder, options);
  }
  const movedWords = stored !== undefined;
  return {
    identity,
    folder: movedWords ? await removeStoredWords(folder) : folder,
    created: false,
    movedWords,
  };
}

/** @returns undefined when another process made the folder meanwhile. */
async function make<TIdentity extends { readonly userId: string }>(
  options: OpenIdentityOptions<TIdentity>,
): Promise<OpenedIdentity<TIdentity> | undefined> {
  const { account, maker } = options;
  const configured = account.mnemonic.kind === "configured";
  const words = wordsOf(account.mnemonic) ?? new SecretText(maker.generateWords());
  const identity = await maker.derive(words.reveal());
  const folder = await createIdentity(options, {
    accountId: account.accountId,
    username: account.username,
    userId: identity.userId,
    ...(configured ? {} : { mnemonic: words.reveal() }),
    createdAt: new Date(options.now()).toISOString(),
  });
  return folder && { identity, folder, created: !configured, movedWords: false };
}

type Place = Pick<OpenIdentityOptions<{ userId: string }>, "account" | "channelId">;

function wordsOf(source: MnemonicSource): SecretText | undefined {
  return source.kind === "configured" ? source.words : undefined;
}

function assertAvailable({ account, channelId }: Place): void {
  if (account.mnemonic.kind !== "unavailable") return;
  throw new ChannelKitError(
    "mnemonic_unavailable",
    `${mnemonicKey(channelId, account.accountId)} is configured, but its secret or environment variable is empty. ` +
      "No identity was made. Provide it, then: openclaw secrets reload",
  );
}

function missingWords({ account, channelId }: Place, folder: IdentityFolder): ChannelKitError {
  const option = account.accountId === DEFAULT_ACCOUNT_ID ? "" : ` --account ${account.accountId}`;
  return new ChannelKitError(
    "mnemonic_missing",
    `the recovery phrase of ${folder.record.userId} is not in ${sessionFile(folder)}. ` +
      `Set ${mnemonicKey(channelId, account.accountId)} again, as it was when this identity was last used, ` +
      `or bring the words back: openclaw ${channelId} restore${option}`,
  );
}

function damagedRecord(folder: IdentityFolder): ChannelKitError {
  return new ChannelKitError(
    "identity_unreadable",
    `${sessionFile(folder)} is damaged: its words do not make the user id it names. ` +
      "No new identity was made and nothing was changed; put it back from your backup.",
  );
}

function mismatch(
  configuredId: string,
  folder: IdentityFolder,
  { account, channelId }: Place,
): ChannelKitError {
  const key = mnemonicKey(channelId, account.accountId);
  const kept =
    folder.record.mnemonic === undefined
      ? `put the phrase of the stored identity into ${key}`
      : `openclaw config unset ${key}`;
  return new ChannelKitError(
    "identity_mismatch",
    `${key} names ${configuredId}, but ${folder.path} holds ${folder.record.userId}. Nothing was changed. ` +
      `To keep the stored identity: ${kept}. To use the configured one: mv '${folder.path}' '${setAsidePath(folder)}'`,
  );
}
