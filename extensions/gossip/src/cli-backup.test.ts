import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { acquireIdentityLock, createIdentity } from "channel-kit";
import { channelFolder, DURABLE_FILE } from "channel-kit/cold";
import { backUp, deleteIdentity, showIdentity } from "channel-kit/terminal";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { gossipChannel, type GossipContext } from "./account-channel.ts";
import { resolveGossipAccount } from "./accounts.ts";
import { restore } from "./cli-restore.ts";
import { fillStoppedAccount } from "../test-support/stopped-account.ts";
import { identityMaker } from "./client.ts";
import { GossipChannelError } from "./errors.ts";

const WORDS =
  "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const OTHER_WORDS = "legal winner thank year wave sausage worth useful legal winner thank yellow";

const folderOf = (): string => channelFolder({ stateDir, channelId: "gossip" });

let stateDir: string;
let file: string;
let passphraseFile: string;
let typed: string[];

beforeEach(async () => {
  stateDir = await mkdtemp(path.join(tmpdir(), "gossip-cli-"));
  // The words are known to everybody: another test on this machine may hold their lock.
  vi.stubEnv("XDG_RUNTIME_DIR", path.join(stateDir, "run"));
  file = path.join(stateDir, "bot.backup");
  passphraseFile = path.join(stateDir, "passphrase");
  await writeFile(passphraseFile, "long enough, I think\n");
  typed = [];
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(stateDir, { recursive: true, force: true });
});

function contextOf(): GossipContext {
  const cfg = { channels: { gossip: { enabled: true } } };
  return {
    channel: gossipChannel,
    cfg,
    stateDir,
    account: resolveGossipAccount(cfg),
    terminal: undefined,
    now: () => 0,
    ask: () => Promise.resolve(undefined),
    confirm: async (_question, expected) => {
      if (typed.shift() !== expected) throw new GossipChannelError("cancelled", "not confirmed");
    },
  };
}

async function make(mnemonic: string): Promise<string> {
  const { userId } = await identityMaker.derive(mnemonic);
  const names = { accountId: "default", username: "openclaw" };
  await createIdentity(
    { stateDir, channelId: "gossip" },
    {
      ...names,
      userId,
      mnemonic,
      createdAt: new Date(0).toISOString(),
    },
  );
  return userId;
}

it("writes a sealed file that reads back, notes the backup, and brings the same identity back", async () => {
  const userId = await make(WORDS);
  const written = await backUp(contextOf(), { file, passphraseFile });
  expect(written.json).toMatchObject({ userId, verified: true });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, "utf8")).not.toContain("abandon");
  expect((await showIdentity(contextOf())).json).toMatchObject({ backupConfirmed: true });

  await rm(folderOf(), { recursive: true });
  const restored = await restore(contextOf(), file, { passphraseFile, scan: false });
  expect(restored.json).toMatchObject({ userId, scan: { scanned: false } });
  expect((await showIdentity(contextOf())).json).toMatchObject({ userId, backupConfirmed: true });
});

it("keeps another identity beside the restored one, and only after REPLACE", async () => {
  await make(WORDS);
  await backUp(contextOf(), { file, passphraseFile });
  await rm(folderOf(), { recursive: true });
  const otherId = await make(OTHER_WORDS);
  const options = { passphraseFile, scan: false };
  await expect(restore(contextOf(), file, options)).rejects.toMatchObject({ code: "cancelled" });
  expect((await showIdentity(contextOf())).json).toMatchObject({ userId: otherId });

  typed = ["REPLACE"];
  await restore(contextOf(), file, options);
  const kept = (await readdir(folderOf())).filter((name) => name.startsWith(".kept-"));
  expect(kept).toHaveLength(1);
});

it("says where the earlier identity is, also when the restore fails after it was moved", async () => {
  await make(WORDS);
  await backUp(contextOf(), { file, passphraseFile });
  await rm(folderOf(), { recursive: true });
  await make(OTHER_WORDS);
  typed = ["REPLACE"];
  const kept = (): string[] => readdirSync(folderOf()).filter((name) => name.startsWith(".kept-"));
  const rival = path.join(folderOf(), "openclaw", "session.json");
  // Asked again when the new record is made: by then another process has taken the place.
  const now = (): number => {
    if (kept().length > 0) {
      mkdirSync(path.dirname(rival), { recursive: true });
      writeFileSync(rival, "theirs");
    }
    return 0;
  };
  const failure: unknown = await restore({ ...contextOf(), now }, file, {
    passphraseFile,
    scan: false,
  }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "username_taken" });
  expect(String(failure)).toContain(path.join(folderOf(), kept()[0] ?? "nothing"));
  expect(await readFile(rival, "utf8")).toBe("theirs");
});

it("refuses to restore or delete what another process uses", async () => {
  const userId = await make(WORDS);
  await backUp(contextOf(), { file, passphraseFile });
  const lock = await acquireIdentityLock({
    channelId: "gossip",
    userId,
    stateDir,
    signal: new AbortController().signal,
  });
  const refused = { code: "already_running" };
  await expect(restore(contextOf(), file, { passphraseFile, scan: false })).rejects.toMatchObject(
    refused,
  );
  await expect(deleteIdentity(contextOf())).rejects.toMatchObject(refused);
  await lock.release();
});

it("deletes only with a backup and the id typed in full", async () => {
  const userId = await make(WORDS);
  await expect(deleteIdentity(contextOf())).rejects.toMatchObject({ code: "command_refused" });
  await backUp(contextOf(), { file, passphraseFile });
  typed = [userId.slice(0, 20)];
  await expect(deleteIdentity(contextOf())).rejects.toMatchObject({ code: "cancelled" });
  typed = [userId];
  expect((await deleteIdentity(contextOf())).json).toMatchObject({ deleted: true });
  await expect(showIdentity(contextOf())).rejects.toMatchObject({ code: "command_refused" });
});

it("deletes the queue, dead letters and the outbox with the identity", async () => {
  const userId = await make(WORDS);
  await backUp(contextOf(), { file, passphraseFile });
  await fillStoppedAccount(contextOf(), userId);
  const before = await readdir(folderOf(), { recursive: true });
  expect(before.some((name) => name.endsWith(DURABLE_FILE))).toBe(true);
  typed = [userId];
  await deleteIdentity(contextOf());
  const after = await readdir(folderOf(), { recursive: true });
  expect(after.filter((name) => !/lock|holder/.test(name))).toEqual([]);
});

it("shows no words without a terminal, and takes no short passphrase", async () => {
  await make(WORDS);
  await expect(backUp(contextOf(), {})).rejects.toMatchObject({ code: "command_refused" });
  await writeFile(passphraseFile, "short");
  await expect(backUp(contextOf(), { file, passphraseFile })).rejects.toMatchObject({
    code: "command_refused",
  });
});
