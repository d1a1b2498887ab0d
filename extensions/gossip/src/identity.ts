// Which identity an account speaks as. The order matters: what is on disk is never overwritten by a guess.
import type { MnemonicSource, ResolvedGossipAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { GossipChannelError } from "./errors.ts";
import {
  createIdentity,
  findIdentity,
  removeStoredWords,
  sessionFile,
  setAsidePath,
  type IdentityFolder,
} from "./identity-file.ts";
import { SecretText } from "./secret-text.ts";

const CREATE_ATTEMPTS = 3;

/** What deciding needs from the protocol: new words, and whom words make. */
export interface IdentityMaker<TIdentity extends { readonly userId: string }> {
  generateWords(): string;
  /** @throws GossipChannelError `mnemonic_invalid`. */
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

export interface OpenIdentityOptions<TIdentity extends { readonly userId: string }> {
  readonly stateDir: string;
  readonly account: Pick<ResolvedGossipAccount, "accountId" | "username" | "mnemonic">;
  readonly maker: IdentityMaker<TIdentity>;
  readonly now: () => number;
}

/**
 * Opens the identity of an account, or makes it on the very first start.
 *
 * Configured words win and are then kept nowhere else; they must be those of the identity on disk. Without configured
 * words, session.json has them.
 *
 * @throws GossipChannelError `mnemonic_unavailable`, `mnemonic_invalid`, `mnemonic_missing`, `identity_mismatch`, and
 * what {@link findIdentity} throws. Nothing on disk was changed then.
 */
export async function openIdentity<TIdentity extends { readonly userId: string }>(
  options: OpenIdentityOptions<TIdentity>,
): Promise<OpenedIdentity<TIdentity>> {
  const { account, stateDir } = options;
  assertAvailable(account);
  for (let attempt = 0; attempt < CREATE_ATTEMPTS; attempt += 1) {
    const found = await findIdentity(stateDir, account);
    if (found !== undefined) return await reopen(found, options);
    const made = await make(options);
    if (made !== undefined) return made;
  }
  throw new GossipChannelError(
    "identity_unsafe",
    `gossip: cannot create the folder of username "${account.username}"; ` +
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
    if (stored === undefined) throw missingWords(account, folder);
    const identity = await maker.derive(stored);
    if (identity.userId !== folder.record.userId) throw damagedRecord(folder);
    return { identity, folder, created: false, movedWords: false };
  }
  const identity = await maker.derive(account.mnemonic.words.reveal());
  if (identity.userId !== folder.record.userId) {
    throw mismatch(identity.userId, folder, account);
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
  const { account, maker, stateDir } = options;
  const configured = account.mnemonic.kind === "configured";
  const words = wordsOf(account.mnemonic) ?? new SecretText(maker.generateWords());
  const identity = await maker.derive(words.reveal());
  const folder = await createIdentity(stateDir, {
    accountId: account.accountId,
    username: account.username,
    userId: identity.userId,
    ...(configured ? {} : { mnemonic: words.reveal() }),
    createdAt: new Date(options.now()).toISOString(),
  });
  return folder && { identity, folder, created: !configured, movedWords: false };
}

function wordsOf(source: MnemonicSource): SecretText | undefined {
  return source.kind === "configured" ? source.words : undefined;
}

function assertAvailable(account: OpenIdentityOptions<{ userId: string }>["account"]): void {
  if (account.mnemonic.kind !== "unavailable") return;
  throw new GossipChannelError(
    "mnemonic_unavailable",
    `gossip: ${mnemonicKey(account.accountId)} is configured, but its secret or environment variable is empty. ` +
      "No identity was made. Provide it, then: openclaw secrets reload",
  );
}

function missingWords(
  account: OpenIdentityOptions<{ userId: string }>["account"],
  folder: IdentityFolder,
): GossipChannelError {
  return new GossipChannelError(
    "mnemonic_missing",
    `gossip: the recovery phrase of ${folder.record.userId} is not in ${sessionFile(folder)}. ` +
      `Set ${mnemonicKey(account.accountId)} again, as it was when this identity was last used.`,
  );
}

function damagedRecord(folder: IdentityFolder): GossipChannelError {
  return new GossipChannelError(
    "identity_unreadable",
    `gossip: ${sessionFile(folder)} is damaged: its words do not make the user id it names. ` +
      "No new identity was made and nothing was changed; put it back from your backup.",
  );
}

function mismatch(
  configuredId: string,
  folder: IdentityFolder,
  account: OpenIdentityOptions<{ userId: string }>["account"],
): GossipChannelError {
  const key = mnemonicKey(account.accountId);
  const kept =
    folder.record.mnemonic === undefined
      ? `put the phrase of the stored identity into ${key}`
      : `openclaw config unset ${key}`;
  return new GossipChannelError(
    "identity_mismatch",
    `gossip: ${key} names ${configuredId}, but ${folder.path} holds ${folder.record.userId}. Nothing was changed. ` +
      `To keep the stored identity: ${kept}. To use the configured one: mv '${folder.path}' '${setAsidePath(folder)}'`,
  );
}

/** Where the configuration has the recovery phrase of an account. */
export function mnemonicKey(accountId: string): string {
  return accountId === "default"
    ? `channels.${CHANNEL_ID}.mnemonic`
    : `channels.${CHANNEL_ID}.accounts.${accountId}.mnemonic`;
}
