// What people sent lies in plain on this disk: it goes with its conversation while no gateway runs, and with the identity.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DURABLE_FILE } from "channel-kit/cold";
import { backUp, createCliContext } from "channel-kit/terminal";
import { pollUntil } from "channel-testing";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { convosChannel } from "../../extensions/convos/src/account-channel.ts";
import { explode } from "../../extensions/convos/src/cli-conversations.ts";
import { deleteIdentity } from "../../extensions/convos/src/cli-identity.ts";
import { leave } from "../../extensions/convos/src/cli-leave.ts";
import { mediaFolderOf } from "../../extensions/convos/src/media-store.ts";
import { createMessageBody } from "../../extensions/convos/src/message-body.ts";
import { operate } from "../../extensions/convos/src/operate.ts";
import { OPERATIONS } from "../../extensions/convos/src/operations.ts";
import { findLiveAccount } from "../../extensions/convos/src/runtime.ts";
import { provision } from "../../extensions/convos/src/setup-provision.ts";
import { startConvosBot } from "../support/convos-bot.ts";
import { ConvosNet, type ConvosPerson } from "../support/convos-people.ts";

const WAIT_MS = 30_000;

let net: ConvosNet;
let stateDir = "";

beforeEach(async () => {
  stateDir = mkdtempSync(path.join(tmpdir(), "convos-forgotten-"));
  vi.stubEnv("OPENCLAW_STATE_DIR", stateDir);
  net = await ConvosNet.start();
});
afterEach(async () => {
  await net[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
  rmSync(stateDir, { recursive: true, force: true });
});

/** @param debounceMs - How long a message waits for the next one. */
function configure(owner: string, debounceMs = 400): OpenClawConfig {
  return {
    channels: { convos: { enabled: true, env: "local", apiUrl: net.node.url } },
    commands: { ownerAllowFrom: [`convos:${owner}`] },
    messages: { inbound: { debounceMs } },
  };
}

function commandOf(cfg: OpenClawConfig) {
  return {
    ...createCliContext(convosChannel, cfg, "default"),
    ask: async () => undefined,
    confirm: async () => undefined,
  };
}

/** A bot that got a file in a conversation, and has stopped. @returns Its folder. */
async function leaveFileBehind(alice: ConvosPerson, room: string, cfg: OpenClawConfig) {
  const { url } = await alice.client.createInvite(room);
  await using bot = await startConvosBot({ stateDir, cfg, invite: url });
  await bot.whenIn(room);
  const bytes = Buffer.from("canary-file");
  const file = { type: "attachment", filename: "a.txt", mimeType: "text/plain", bytes } as const;
  await alice.send(room, file);
  await bot.nextTurn();
  const body = { ...createMessageBody(room, "seen"), purpose: "operator" as const };
  const outbox = findLiveAccount("default")?.outbox;
  await outbox?.send({ queueId: "seen", partIndex: 0, target: room, body });
  expect(storedIn("default", room)).toHaveLength(1);
  return bot.folder;
}

function storedIn(accountId: string, conversationId: string): string[] {
  const folder = path.join(stateDir, "media", mediaFolderOf(accountId, conversationId));
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Messages that lie in the account's database, in and out. */
function countRows(folder: string): { in: number; out: number } {
  using database = new DatabaseSync(path.join(folder, DURABLE_FILE), { readOnly: true });
  const count = (sql: string): number => Number(database.prepare(sql).get()?.["count"]);
  return {
    in: count("SELECT count(*) AS count FROM ingress WHERE payload IS NOT NULL"),
    out: count("SELECT count(*) AS count FROM outbox"),
  };
}

it("leaves nothing of a conversation that the operator leaves while no gateway runs", async () => {
  const alice = await net.person("Alice");
  const { id, inboxId } = await alice.client.createConversation({ name: "Home" });
  const folder = await leaveFileBehind(alice, id, configure(inboxId));
  const patient = configure(inboxId, 60_000);
  {
    await using bot = await startConvosBot({ stateDir, cfg: patient });
    await bot.whenIn(id);
    await alice.sendText(id, "canary-text");
    const count = async (): Promise<number> => countRows(folder).in;
    await pollUntil(count, (rows) => rows > 0, WAIT_MS, "a message that waits");
  }
  const before = countRows(folder);
  expect(before.in).toBe(1);
  expect(before.out).toBeGreaterThan(0);
  await leave(commandOf(patient), id, {});
  expect(storedIn("default", id)).toEqual([]);
  expect(countRows(folder)).toEqual({ in: 0, out: 0 });
});

it("keeps what belongs to other conversations when one is ended by a command", async () => {
  const alice = await net.person("Alice");
  const { id, inboxId } = await alice.client.createConversation({ name: "Home" });
  const cfg = configure(inboxId);
  const folder = await leaveFileBehind(alice, id, cfg);
  const command = commandOf(cfg);
  const { conversationId } = await operate(command, OPERATIONS.create, { name: "Club" });
  plantFile(conversationId);
  const before = countRows(folder);
  const answer = await explode(command, conversationId, {});
  expect(answer.lines).toEqual([expect.stringContaining("deleted it here")]);
  expect(storedIn("default", conversationId)).toEqual([]);
  expect(storedIn("default", id)).toHaveLength(1);
  expect(before.out).toBeGreaterThan(0);
  expect(countRows(folder)).toEqual(before);
});

it("deletes the files of every conversation with the identity, of those that are over too", async () => {
  const alice = await net.person("Alice");
  const { id, inboxId } = await alice.client.createConversation({ name: "Home" });
  const cfg = configure(inboxId);
  const folder = await leaveFileBehind(alice, id, cfg);
  const command = commandOf(cfg);
  const { conversationId } = await operate(command, OPERATIONS.create, { name: "Club" });
  await operate(command, OPERATIONS.leave, { conversationId });
  // As after a crash between the end and the deletion.
  plantFile(conversationId);
  await backUpFirst(command);
  const declined = { ...command, confirm: () => Promise.reject(new Error("declined")) };
  await expect(deleteIdentity(declined)).rejects.toThrow("declined");
  expect(storedIn("default", id)).toHaveLength(1);
  expect((await deleteIdentity(command)).json).toMatchObject({ deleted: true, filesDeleted: true });
  expect([...storedIn("default", id), ...storedIn("default", conversationId)]).toEqual([]);
  expect(existsSync(folder)).toBe(false);
});

it("deletes an identity whose database is damaged, and says which files are left", async () => {
  const cfg = configure("a1".repeat(32));
  const done = await provision({ cfg, accountId: "default", stateDir, now: Date.now });
  const command = commandOf(cfg);
  await backUpFirst(command);
  const folder = done?.folder ?? "";
  writeFileSync(path.join(folder, "convos.sqlite"), "no database".repeat(1000), { mode: 0o600 });
  const { json, lines } = await deleteIdentity(command);
  expect(json).toMatchObject({ deleted: true, filesDeleted: false });
  expect(lines.join("\n")).toContain(path.join(stateDir, "media", "inbound", "convos-*"));
  expect(existsSync(folder)).toBe(false);
});

function plantFile(conversationId: string): void {
  const folder = path.join(stateDir, "media", mediaFolderOf("default", conversationId));
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "left.txt"), "canary");
}

async function backUpFirst(command: ReturnType<typeof commandOf>): Promise<void> {
  const passphraseFile = path.join(stateDir, "passphrase");
  writeFileSync(passphraseFile, "marble otter saffron canoe\n", { mode: 0o600 });
  await backUp(command, { file: path.join(stateDir, "agent.backup"), passphraseFile });
}
