// Setting up without questions: the same identity as the wizard would make, from a file, standard input, or at random.
import { open } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { type IdentityFolder, isBackupConfirmed } from "channel-kit";
import { SecretText } from "channel-kit/cold";
import { makeContactCard } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveGossipAccount, type ResolvedGossipAccount } from "./accounts.ts";
import { inviteLink } from "./client-invite.ts";
import { phraseRules } from "./client-phrase.ts";
import { identityMaker } from "./client.ts";
import { GossipChannelError, readCode } from "./errors.ts";
import { createIdentity, findIdentity } from "./identity-file.ts";

const MAX_PHRASE_BYTES = 4096;

export interface Provisioned {
  readonly userId: string;
  /** What happened to the identity now. */
  readonly identity: "kept" | "created" | "restored";
  readonly folder: string;
  /** Picture of the QR code, mode 0600. */
  readonly contactPng: string;
  readonly backupConfirmed: boolean;
}

export interface ProvisionOptions {
  readonly cfg: OpenClawConfig;
  readonly accountId: string;
  readonly stateDir: string;
  /** Words to restore; without them what is on disk is kept, or an identity is made. */
  readonly words?: SecretText;
  readonly now: () => number;
}

/**
 * Makes the identity of an account exist. What is on disk is never replaced.
 *
 * @returns undefined when a secret reference names the identity, which only the gateway resolves.
 * @throws GossipChannelError `identity_mismatch` when the words are of another identity than the one on disk;
 * `mnemonic_invalid`; what finding an identity throws.
 */
export async function provisionIdentity(
  options: ProvisionOptions,
): Promise<Provisioned | undefined> {
  const { cfg, stateDir, words } = options;
  const account = resolveGossipAccount(cfg, options.accountId);
  const existing = await findIdentity(stateDir, account);
  if (existing === undefined && words === undefined && account.mnemonic.kind !== "generated") {
    return undefined;
  }
  const given = words && (await identityMaker.derive(words.reveal()));
  if (existing !== undefined && given !== undefined && given.userId !== existing.record.userId) {
    throw new GossipChannelError(
      "identity_mismatch",
      `gossip: the phrase is that of ${given.userId}, but ${existing.path} holds ${existing.record.userId}. ` +
        "Nothing was changed; to replace it: openclaw channels add gossip",
    );
  }
  const folder = existing ?? (await create(options, account, given?.userId));
  const { path, record } = folder;
  const { pngPath } = await makeContactCard({
    userId: record.userId,
    link: inviteLink(record.userId),
    folder: path,
    showsQr: false,
  });
  const made = given === undefined ? "created" : "restored";
  return {
    userId: record.userId,
    identity: existing === undefined ? made : "kept",
    folder: path,
    contactPng: pngPath,
    backupConfirmed: isBackupConfirmed(record),
  };
}

async function create(
  { now, stateDir, words }: ProvisionOptions,
  { accountId, username }: ResolvedGossipAccount,
  restoredId: string | undefined,
): Promise<IdentityFolder> {
  const kept = words ?? new SecretText(identityMaker.generateWords());
  const at = new Date(now()).toISOString();
  const created = await createIdentity(stateDir, {
    accountId,
    username,
    userId: restoredId ?? (await identityMaker.derive(kept.reveal())).userId,
    mnemonic: kept.reveal(),
    createdAt: at,
    // Who restores from words has them somewhere.
    ...(restoredId === undefined ? {} : { backupConfirmedAt: at }),
  });
  if (created !== undefined) return created;
  throw new GossipChannelError(
    "username_taken",
    `gossip: the folder of username "${username}" was taken meanwhile; run the setup again`,
  );
}

/**
 * Reads a phrase from a file, or from standard input when the file is `-`.
 *
 * @throws GossipChannelError `mnemonic_unavailable` | `mnemonic_invalid`; neither quotes what was read.
 */
export async function readPhraseFile(file: string): Promise<SecretText> {
  const text = file === "-" ? await readAll(process.stdin) : await readStart(file);
  const words = text.trim().toLowerCase().split(/\s+/u).join(" ");
  if (Buffer.byteLength(text) <= MAX_PHRASE_BYTES && phraseRules.isPhrase(words)) {
    return new SecretText(words);
  }
  const where = file === "-" ? "standard input" : file;
  throw new GossipChannelError(
    "mnemonic_invalid",
    `gossip: ${where} holds no recovery phrase: 12 to 24 words of the BIP39 list, and nothing else. Nothing was changed.`,
  );
}

async function readStart(file: string): Promise<string> {
  try {
    await using handle = await open(file, "r");
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(MAX_PHRASE_BYTES + 1) });
    return buffer.toString("utf8", 0, bytesRead);
  } catch (cause) {
    throw new GossipChannelError(
      "mnemonic_unavailable",
      `gossip: cannot read ${file} (${readCode(cause) ?? "unknown"}); nothing was changed.`,
      { cause },
    );
  }
}
