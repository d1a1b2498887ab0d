// First step of the wizard: whose keys the bot has. What is on disk is never deleted and never overwritten.
import { type IdentityFolder, type IdentityRecord, setIdentityAside } from "channel-kit";
import { SecretText } from "channel-kit/cold";
import {
  cancelSetup,
  type Configured,
  enterPhrase,
  type SetupIo,
  showAndConfirmPhrase,
  withPrivateScreen,
} from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { patchAccount } from "./account-patch.ts";
import { resolveGossipAccount, type ResolvedGossipAccount } from "./accounts.ts";
import { identityMaker } from "./client.ts";
import { phraseRules } from "./client-phrase.ts";
import { GossipChannelError } from "./errors.ts";
import { createIdentity, findIdentity } from "./identity-file.ts";
import { acquireIdentityLock } from "./lock.ts";
import { askSecretReference } from "./setup-secret.ts";
import { shortenGossipId } from "./targets.ts";

const REPLACE = "REPLACE";

/** Whose identity it is now; `later` when a secret reference names it, which only the gateway resolves. */
export type SettledIdentity =
  | { readonly kind: "kept" | "created" | "restored"; readonly folder: IdentityFolder }
  | { readonly kind: "later" };

type Choice = "keep" | "replace" | "create" | "restore" | "reference";

/** Asks what to do about the identity of an account and does it. */
export async function settleIdentity(
  cfg: OpenClawConfig,
  accountId: string,
  io: SetupIo,
): Promise<Configured<SettledIdentity>> {
  const account = resolveGossipAccount(cfg, accountId);
  const existing = await findIdentity(io.stateDir, account);
  const choice = await askChoice(existing, account, io);
  if (choice === "keep") {
    return {
      cfg,
      result: existing === undefined ? { kind: "later" } : { kind: "kept", folder: existing },
    };
  }
  if (choice === "replace" && existing !== undefined) {
    await setAside(existing, io);
    return await settleIdentity(withoutMnemonic(cfg, accountId), accountId, io);
  }
  if (choice === "reference") {
    return { cfg: await askSecretReference(cfg, accountId, io), result: { kind: "later" } };
  }
  const kind = choice === "restore" ? "restored" : "created";
  const record = choice === "restore" ? await restore(io) : await create(io);
  const folder = await createIdentity(io.stateDir, {
    accountId: account.accountId,
    username: account.username,
    createdAt: new Date(io.now()).toISOString(),
    ...record,
  });
  if (folder === undefined) {
    throw new GossipChannelError(
      "username_taken",
      `gossip: the folder of username "${account.username}" was taken meanwhile; run the setup again`,
    );
  }
  return { cfg: withoutMnemonic(cfg, accountId), result: { kind, folder } };
}

async function askChoice(
  existing: IdentityFolder | undefined,
  account: ResolvedGossipAccount,
  { prompter }: SetupIo,
): Promise<Choice> {
  if (existing !== undefined) {
    return await prompter.select<Choice>({
      message: "Identity",
      options: [
        { value: "keep", label: `Keep ${shortenGossipId(existing.record.userId)}` },
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
async function setAside(folder: IdentityFolder, io: SetupIo): Promise<void> {
  await io.prompter.text({
    message:
      `Type ${REPLACE} to give the bot another identity. People who know ` +
      `${shortenGossipId(folder.record.userId)} will not reach it any more.`,
    validate: (value) => (value.trim() === REPLACE ? undefined : `Type ${REPLACE}, or Ctrl-C`),
  });
  await io.beforeEffect();
  const lock = await acquireIdentityLock({
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
  await io.prompter.note(`The old identity is kept in ${target}`, "Gossip");
}

type NewRecord = Pick<IdentityRecord, "userId" | "mnemonic" | "backupConfirmedAt">;

async function create(io: SetupIo): Promise<NewRecord> {
  await io.beforeEffect();
  const words = new SecretText(identityMaker.generateWords());
  const { userId } = await identityMaker.derive(words.reveal());
  const shown = await showWords(words, io);
  return {
    userId,
    mnemonic: words.reveal(),
    ...(shown === "confirmed" ? { backupConfirmedAt: new Date(io.now()).toISOString() } : {}),
  };
}

async function showWords(words: SecretText, io: SetupIo): Promise<"confirmed" | "open"> {
  const { prompter, terminal } = io;
  const outcome =
    terminal === undefined
      ? "skipped"
      : await withPrivateScreen(terminal, (screen) => showAndConfirmPhrase(screen, words.reveal()));
  if (outcome === "cancelled") cancelSetup();
  if (outcome === "confirmed") return "confirmed";
  await prompter.note(
    "Nobody has the bot's recovery words on paper yet. Without them its identity is lost with this disk.\n" +
      "Write them down in a terminal: openclaw gossip backup",
    "Not backed up",
  );
  return "open";
}

async function restore(io: SetupIo): Promise<NewRecord> {
  const { prompter } = io;
  for (;;) {
    const words = await askWords(io);
    const { userId } = await identityMaker.derive(words.reveal());
    await prompter.note(
      "Do not use one phrase in the app and here at the same time: two devices break each other's sessions.",
      "Gossip",
    );
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

async function askWords({ prompter, terminal }: SetupIo): Promise<SecretText> {
  if (terminal !== undefined) {
    const typed = await withPrivateScreen(terminal, (screen) => enterPhrase(screen, phraseRules));
    return typed ?? cancelSetup();
  }
  const text = await prompter.text({
    message: "Recovery phrase",
    sensitive: true,
    validate: (value) => judgePhrase(value),
  });
  return new SecretText(text.trim().toLowerCase().split(/\s+/u).join(" "));
}

/** Names places, never words: what is wrong stays on the screen. */
function judgePhrase(text: string): string | undefined {
  const words = text.trim().split(/\s+/u);
  if (phraseRules.isPhrase(text)) return undefined;
  const wrong = words.findIndex((word) => !phraseRules.isWord(word));
  if (wrong >= 0) return `Word ${wrong + 1} is not in the list`;
  return `${words.length} words; a word or their order is wrong (expected 12 to 24)`;
}

function withoutMnemonic(cfg: OpenClawConfig, accountId: string): OpenClawConfig {
  return resolveGossipAccount(cfg, accountId).mnemonic.kind === "generated"
    ? cfg
    : patchAccount(cfg, accountId, { mnemonic: undefined });
}
