// Setting up without questions: the same identity as the wizard would make, from a file, standard input, or at random.
import { open } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { AccountChannel, ChannelAccount, IdentityPort } from "./account-channel.ts";
import { ChannelKitError, readCode } from "./errors.ts";
import {
  createIdentity,
  findIdentity,
  storeMissingWords,
  type IdentityFolder,
} from "./identity-file.ts";
import { SecretText } from "./secret-text.ts";

const MAX_PHRASE_BYTES = 4096;

export interface ProvisionedIdentity {
  /** What happened to the identity now. */
  readonly identity: "kept" | "created" | "restored";
  readonly folder: IdentityFolder;
}

export interface ProvisionOptions {
  readonly channel: AccountChannel;
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
 * @throws ChannelKitError `identity_mismatch` when the words are of another identity than the one on disk;
 * `mnemonic_invalid`; what finding an identity throws.
 */
export async function provisionIdentity(
  options: ProvisionOptions,
): Promise<ProvisionedIdentity | undefined> {
  const { cfg, channel, stateDir, words } = options;
  const account = channel.resolveAccount(cfg, options.accountId);
  const existing = await findIdentity({ stateDir, channelId: channel.id }, account);
  if (existing === undefined && words === undefined && account.mnemonic.kind !== "generated") {
    return undefined;
  }
  const { maker } = await channel.loadIdentities();
  const given = words && (await maker.derive(words.reveal()));
  if (existing !== undefined && given !== undefined && given.userId !== existing.record.userId) {
    throw new ChannelKitError(
      "identity_mismatch",
      `the phrase is that of ${given.userId}, but ${existing.path} holds ${existing.record.userId}. ` +
        `Nothing was changed; to replace it: openclaw channels add ${channel.id}`,
    );
  }
  // The words were in the configuration and are not any more: without these the account could not start.
  const isLost = existing?.record.mnemonic === undefined && account.mnemonic.kind === "generated";
  if (existing !== undefined && words !== undefined && isLost) {
    const folder = await storeMissingWords(existing, words, new Date(options.now()));
    return { identity: "restored", folder };
  }
  const folder = existing ?? (await create(options, account, maker, given?.userId));
  const made = given === undefined ? "created" : "restored";
  return { identity: existing === undefined ? made : "kept", folder };
}

async function create(
  { channel, now, stateDir, words }: ProvisionOptions,
  { accountId, username }: ChannelAccount,
  maker: IdentityPort<{ readonly userId: string }>["maker"],
  restoredId: string | undefined,
): Promise<IdentityFolder> {
  const kept = words ?? new SecretText(maker.generateWords());
  const at = new Date(now()).toISOString();
  const home = { stateDir, channelId: channel.id };
  const created = await createIdentity(home, {
    accountId,
    username,
    userId: restoredId ?? (await maker.derive(kept.reveal())).userId,
    mnemonic: kept.reveal(),
    createdAt: at,
    // Who restores from words has them somewhere.
    ...(restoredId === undefined ? {} : { backupConfirmedAt: at }),
  });
  if (created !== undefined) return created;
  throw new ChannelKitError(
    "username_taken",
    `the folder of username "${username}" was taken meanwhile; run the setup again`,
  );
}

/**
 * Reads a phrase from a file, or from standard input when the file is `-`.
 *
 * @throws ChannelKitError `mnemonic_unavailable` | `mnemonic_invalid`; neither quotes what was read.
 */
export async function readPhraseFile(
  channel: Pick<AccountChannel, "loadIdentities">,
  file: string,
): Promise<SecretText> {
  const { phraseRules } = await channel.loadIdentities();
  const text = file === "-" ? await readAll(process.stdin) : await readStart(file);
  const words = text.trim().toLowerCase().split(/\s+/u).join(" ");
  if (Buffer.byteLength(text) <= MAX_PHRASE_BYTES && phraseRules.isPhrase(words)) {
    return new SecretText(words);
  }
  const where = file === "-" ? "standard input" : file;
  throw new ChannelKitError(
    "mnemonic_invalid",
    `${where} holds no recovery phrase: 12 to 24 words of the BIP39 list, and nothing else. Nothing was changed.`,
  );
}

async function readStart(file: string): Promise<string> {
  try {
    await using handle = await open(file, "r");
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(MAX_PHRASE_BYTES + 1) });
    return buffer.toString("utf8", 0, bytesRead);
  } catch (cause) {
    throw new ChannelKitError(
      "mnemonic_unavailable",
      `cannot read ${file} (${readCode(cause) ?? "unknown"}); nothing was changed.`,
      { cause },
    );
  }
}
