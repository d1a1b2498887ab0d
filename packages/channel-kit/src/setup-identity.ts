// First step of the wizard: whose keys the bot has. What is on disk is never deleted and never overwritten.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { AccountChannel, ChannelAccount } from "./account-channel.ts";
import { patchAccount } from "./account-patch.ts";
import { ChannelKitError } from "./errors.ts";
import {
  createIdentity,
  findIdentity,
  setIdentityAside,
  type IdentityFolder,
  type IdentityRecord,
} from "./identity-file.ts";
import { acquireIdentityLock } from "./lock.ts";
import { enterPhrase, type PhraseRules } from "./phrase-entry.ts";
import { showAndConfirmPhrase } from "./phrase-page.ts";
import { withPrivateScreen } from "./private-screen.ts";
import { SecretText } from "./secret-text.ts";
import { cancelSetup, type Configured, type SetupIo } from "./setup-io.ts";
import { askSecretReference } from "./setup-secret.ts";

const REPLACE = "REPLACE";

/** Whose identity it is now; `later` when a secret reference names it, which only the gateway resolves. */
export type SettledIdentity =
  | { readonly kind: "kept" | "created" | "restored"; readonly folder: IdentityFolder }
  | { readonly kind: "later" };

type Choice = "keep" | "replace" | "create" | "restore" | "reference";

/** Asks what to do about the identity of an account and does it. */
export async function settleIdentity(
  channel: AccountChannel,
  cfg: OpenClawConfig,
  accountId: string,
  io: SetupIo,
): Promise<Configured<SettledIdentity>> {
  const account = channel.resolveAccount(cfg, accountId);
  const home = { stateDir: io.stateDir, channelId: channel.id };
  const existing = await findIdentity(home, account);
  const choice = await askChoice(channel, existing, account, io);
  if (choice === "keep") {
    return {
      cfg,
      result: existing === undefined ? { kind: "later" } : { kind: "kept", folder: existing },
    };
  }
  if (choice === "replace" && existing !== undefined) {
    await setAside(channel, existing, io);
    return await settleIdentity(channel, withoutMnemonic(channel, cfg, accountId), accountId, io);
  }
  if (choice === "reference") {
    return {
      cfg: await askSecretReference(channel, cfg, accountId, io),
      result: { kind: "later" },
    };
  }
  const kind = choice === "restore" ? "restored" : "created";
  const record = choice === "restore" ? await restore(channel, io) : await create(channel, io);
  const folder = await createIdentity(home, {
    accountId: account.accountId,
    username: account.username,
    createdAt: new Date(io.now()).toISOString(),
    ...record,
  });
  if (folder === undefined) {
    throw new ChannelKitError(
      "username_taken",
      `the folder of username "${account.username}" was taken meanwhile; run the setup again`,
    );
  }
  return { cfg: withoutMnemonic(channel, cfg, accountId), result: { kind, folder } };
}

async function askChoice(
  channel: AccountChannel,
  existing: IdentityFolder | undefined,
  account: ChannelAccount,
  { prompter }: SetupIo,
): Promise<Choice> {
  if (existing !== undefined) {
    return await prompter.select<Choice>({
      message: "Identity",
      options: [
        { value: "keep", label: `Keep ${channel.shortenId(existing.record.userId)}` },
        { value: "replace", label: "Replace it", hint: "the old one is kept as a backup" },
      ],
      initialValue: "keep",
    });
  }
  const keep =
    account.mnemonic.kind === "generated"
      ? []
      : [{ value: "keep" as const, label: "Keep the configured secret" }];
  return await prompter.select<Choice>({
    message: "Identity",
    options: [
      ...keep,
      { value: "create", label: "Create a new one" },
      { value: "restore", label: "Restore from a recovery phrase" },
      { value: "reference", label: "Use a secret reference", hint: "environment, file, store" },
    ],
    initialValue: keep.length > 0 ? "keep" : "create",
  });
}

/** Moves the old folder aside, once that was typed out. */
async function setAside(
  channel: AccountChannel,
  folder: IdentityFolder,
  io: SetupIo,
): Promise<void> {
  await io.prompter.text({
    message:
      `Type ${REPLACE} to give the bot another identity. People who know ` +
      `${channel.shortenId(folder.record.userId)} will not reach it any more.`,
    validate: (value) => (value.trim() === REPLACE ? undefined : `Type ${REPLACE}, or Ctrl-C`),
  });
  await io.beforeEffect();
  const lock = await acquireIdentityLock({
    channelId: channel.id,
    userId: folder.record.userId,
    stateDir: io.stateDir,
    signal: new AbortController().signal,
  });
  let target: string;
  try {
    target = await setIdentityAside(folder, new Date(io.now()));
  } finally {
    await lock.release();
  }
  await io.prompter.note(`The old identity is kept in ${target}`, channel.label);
}

type NewRecord = Pick<IdentityRecord, "userId" | "mnemonic" | "backupConfirmedAt">;

async function create(channel: AccountChannel, io: SetupIo): Promise<NewRecord> {
  await io.beforeEffect();
  const { maker } = await channel.loadIdentities();
  const words = new SecretText(maker.generateWords());
  const { userId } = await maker.derive(words.reveal());
  const shown = await showWords(channel, words, io);
  return {
    userId,
    mnemonic: words.reveal(),
    ...(shown === "confirmed" ? { backupConfirmedAt: new Date(io.now()).toISOString() } : {}),
  };
}

async function showWords(
  channel: AccountChannel,
  words: SecretText,
  io: SetupIo,
): Promise<"confirmed" | "open"> {
  const { prompter, terminal } = io;
  const outcome =
    terminal === undefined
      ? "skipped"
      : await withPrivateScreen(terminal, (screen) => showAndConfirmPhrase(screen, words.reveal()));
  if (outcome === "cancelled") cancelSetup();
  if (outcome === "confirmed") return "confirmed";
  await prompter.note(
    "Nobody has the bot's recovery words on paper yet. Without them its identity is lost with this disk.\n" +
      `Write them down in a terminal: openclaw ${channel.id} backup`,
    "Not backed up",
  );
  return "open";
}

async function restore(channel: AccountChannel, io: SetupIo): Promise<NewRecord> {
  const { prompter } = io;
  const { maker, phraseRules } = await channel.loadIdentities();
  for (;;) {
    const words = await askWords(io, phraseRules);
    const { userId } = await maker.derive(words.reveal());
    if (channel.phraseWarning !== undefined) {
      await prompter.note(channel.phraseWarning, channel.label);
    }
    const isRight = await prompter.confirm({
      message: `Is this your bot? ${userId}`,
      initialValue: true,
    });
    if (!isRight) continue;
    await io.beforeEffect();
    // Whoever typed the words has them.
    return {
      userId,
      mnemonic: words.reveal(),
      backupConfirmedAt: new Date(io.now()).toISOString(),
    };
  }
}

async function askWords(
  { prompter, terminal }: SetupIo,
  phraseRules: PhraseRules,
): Promise<SecretText> {
  if (terminal !== undefined) {
    const typed = await withPrivateScreen(terminal, (screen) => enterPhrase(screen, phraseRules));
    return typed ?? cancelSetup();
  }
  const text = await prompter.text({
    message: "Recovery phrase",
    sensitive: true,
    validate: (value) => judgePhrase(value, phraseRules),
  });
  return new SecretText(text.trim().toLowerCase().split(/\s+/u).join(" "));
}

/** Names places, never words: what is wrong stays on the screen. */
function judgePhrase(text: string, phraseRules: PhraseRules): string | undefined {
  const words = text.trim().split(/\s+/u);
  if (phraseRules.isPhrase(text)) return undefined;
  const wrong = words.findIndex((word) => !phraseRules.isWord(word));
  if (wrong >= 0) return `Word ${wrong + 1} is not in the list`;
  return `${words.length} words; a word or their order is wrong (expected 12 to 24)`;
}

function withoutMnemonic(
  channel: AccountChannel,
  cfg: OpenClawConfig,
  accountId: string,
): OpenClawConfig {
  return channel.resolveAccount(cfg, accountId).mnemonic.kind === "generated"
    ? cfg
    : patchAccount(channel.id, cfg, accountId, { mnemonic: undefined });
}
