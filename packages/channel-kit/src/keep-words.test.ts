import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AccountChannel, ChannelAccount } from "./account-channel.ts";
import { sealBackup } from "./backup-file.ts";
import { restoreIdentity } from "./cli-restore.ts";
import { findIdentity } from "./identity-file.ts";
import { openIdentity } from "./identity.ts";
import type { MnemonicSource } from "./mnemonic.ts";
import { SecretText } from "./secret-text.ts";
import { provisionIdentity } from "./setup-provision.ts";

const WORDS = "delta echo";
const AT = "2026-11-21T00:00:00.000Z";
const USER_ID = idOf(WORDS);
const maker = {
  generateWords: () => "new words",
  derive: (words: string) => Promise.resolve({ userId: idOf(words) }),
};

let stateDir = "";
beforeEach(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), "keep-words-"));
  vi.stubEnv("XDG_RUNTIME_DIR", path.join(stateDir, "run"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(stateDir, { recursive: true, force: true });
});

function idOf(words: string): string {
  return `demo1${createHash("sha256").update(words).digest("hex").slice(0, 20)}`;
}

function accountWith(mnemonic: MnemonicSource): ChannelAccount {
  const names = { accountId: "default", username: "openclaw" };
  return { ...names, mnemonic, configured: true, enabled: true };
}

function channelWith(mnemonic: MnemonicSource): AccountChannel {
  return {
    id: "demo",
    label: "Demo",
    network: "relay",
    phraseVariable: "DEMO_MNEMONIC",
    listAccountIds: () => ["default"],
    resolveAccount: () => accountWith(mnemonic),
    shortenId: (id) => id,
    phraseWarning: undefined,
    startFailures: {},
    loadIdentities: async () => ({
      maker,
      phraseRules: { isPhrase: () => true, isWord: () => true, suggest: () => [] },
      deriveDurableKey: () => new Uint8Array(32),
    }),
  };
}

const configured: MnemonicSource = { kind: "configured", words: new SecretText(WORDS) };
const home = () => ({ stateDir, channelId: "demo" });

/** An account whose words were kept in the configuration, as a start leaves it. */
async function startWith(mnemonic: MnemonicSource) {
  const account = accountWith(mnemonic);
  return await openIdentity({ ...home(), account, maker, now: () => 0 });
}

async function storedRecord() {
  return (await findIdentity(home(), accountWith({ kind: "generated" })))?.record;
}

async function provision(mnemonic: MnemonicSource) {
  return await provisionIdentity({
    channel: channelWith(mnemonic),
    cfg: {},
    accountId: "default",
    stateDir,
    words: new SecretText(WORDS),
    now: () => Date.parse(AT),
  });
}

async function restore(): Promise<void> {
  const file = path.join(stateDir, "bot.backup");
  const passphraseFile = path.join(stateDir, "passphrase");
  const content = { userId: USER_ID, username: "openclaw", mnemonic: new SecretText(WORDS) };
  const passphrase = "long enough, I think";
  writeFileSync(passphraseFile, passphrase);
  writeFileSync(file, await sealBackup("demo", content, new SecretText(passphrase), new Date(0)));
  const channel = channelWith({ kind: "generated" });
  const context = {
    channel,
    cfg: {},
    stateDir,
    account: channel.resolveAccount({}),
    terminal: undefined,
    now: () => Date.parse(AT),
    ask: async () => undefined,
    confirm: async () => undefined,
  };
  await restoreIdentity(context, channel, { file, passphraseFile }, async () => undefined);
}

describe("words that were in the configuration and are not any more", () => {
  it("are kept again by a restore, and the account starts", async () => {
    await startWith(configured);
    await restore();
    expect(await storedRecord()).toMatchObject({ mnemonic: WORDS, backupConfirmedAt: AT });
    expect((await startWith({ kind: "generated" })).identity.userId).toBe(USER_ID);
  });

  it("are kept again by an unattended setup, which says so", async () => {
    await startWith(configured);
    const done = await provision({ kind: "generated" });
    expect(done).toMatchObject({ identity: "restored", folder: { record: { mnemonic: WORDS } } });
    expect(await storedRecord()).toMatchObject({ mnemonic: WORDS, backupConfirmedAt: AT });
    expect((await startWith({ kind: "generated" })).identity.userId).toBe(USER_ID);
  });
});

it("words that the configuration still names are not written by an unattended setup", async () => {
  await startWith(configured);
  expect(await provision({ kind: "unavailable" })).toMatchObject({ identity: "kept" });
  expect(await storedRecord()).not.toHaveProperty("mnemonic");
});
