// What an operator does with conversations, both ways: asked of a gateway that runs the account, and done by a command
// that opens the stopped account itself. Against the local XMTP node.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { backUp, createCliContext } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { convosChannel } from "../../extensions/convos/src/account-channel.ts";
import { resolveConvosAccount } from "../../extensions/convos/src/accounts.ts";
import { claimIdentity } from "../../extensions/convos/src/claim-identity.ts";
import { changeProfile } from "../../extensions/convos/src/cli-profile.ts";
import { restore } from "../../extensions/convos/src/cli-restore.ts";
import { openConnection } from "../../extensions/convos/src/client.ts";
import { forgetInvites, hasExpired } from "../../extensions/convos/src/invite-book.ts";
import { readOffer } from "../../extensions/convos/src/invite-offer.ts";
import { operate, type OperatorContext } from "../../extensions/convos/src/operate.ts";
import {
  answerOperation,
  type Operation,
  OPERATIONS,
} from "../../extensions/convos/src/operations.ts";
import { provision } from "../../extensions/convos/src/setup-provision.ts";
import { watchJoin } from "../../extensions/convos/src/watch-join.ts";
import { ConvosNet } from "../support/convos-people.ts";

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const HOUR_MS = 3_600_000;

let net: ConvosNet;
let stateDir = "";
let folder = "";
let cfg: OpenClawConfig;
let stopped: OperatorContext;

beforeEach(async () => {
  net = await ConvosNet.start();
  stateDir = mkdtempSync(path.join(tmpdir(), "convos-operator-"));
  const convos = { enabled: true, env: "local", apiUrl: net.node.url };
  cfg = { channels: { convos } };
  const done = await provision({ cfg, accountId: "default", stateDir, now: Date.now });
  folder = done?.folder ?? "";
  stopped = {
    account: resolveConvosAccount(cfg),
    stateDir,
    now: Date.now,
    ask: async () => undefined,
  };
});
afterEach(async () => {
  await net[Symbol.asyncDispose]();
  rmSync(stateDir, { recursive: true, force: true });
});

/** The account at work, and a context whose questions it answers as a gateway does. */
async function openRunning() {
  await using opened = new AsyncDisposableStack();
  const { account } = stopped;
  const { signal } = new AbortController();
  const claimed = await claimIdentity({ stateDir, account, signal });
  opened.defer(() => claimed.lock.release());
  const { identity } = claimed;
  const connection = opened.use(await openConnection({ identity, account, folder, log: SILENT }));
  const stop = new AbortController();
  const running = connection.run(stop.signal);
  opened.defer(async () => {
    stop.abort();
    await running;
  });
  const operated = { controls: connection.controls, folder, now: Date.now };
  const operations = new Map(
    Object.values<Operation>(OPERATIONS).map((operation) => [operation.method, operation]),
  );
  const ask: OperatorContext["ask"] = async (method, schema, params = {}) => {
    const operation = operations.get(method);
    if (operation === undefined) throw new Error(`test: no method ${method}`);
    return schema.parse(await answerOperation(operation, params, () => operated));
  };
  const stack = opened.move();
  return {
    context: { ...stopped, ask },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

describe.each(["asked of a gateway", "done by the command itself"])("%s:", (way) => {
  /** Lends the way to operate. */
  async function withWay(use: (context: OperatorContext) => Promise<void>): Promise<void> {
    if (way === "done by the command itself") {
      await use(stopped);
      return;
    }
    await using running = await openRunning();
    await use(running.context);
  }

  it("makes a conversation, invites with an end, shows what is out, and revokes", async () => {
    await withWay(async (context) => {
      const { conversationId } = await operate(context, OPERATIONS.create, { name: "Crew" });
      const expiresAtMs = Date.now() + HOUR_MS;
      const made = await operate(context, OPERATIONS.invite, {
        conversationId,
        expiresAtMs,
        singleUse: true,
      });
      expect(statSync(made.png).mode & 0o777).toBe(0o600);
      expect(readFileSync(made.png).subarray(1, 4).toString()).toBe("PNG");
      const book = readFileSync(path.join(folder, "invites.json"), "utf8");
      expect(book).not.toContain(made.url.slice(-20));
      const { conversations } = await operate(context, OPERATIONS.conversations, {});
      expect(conversations).toEqual([
        expect.objectContaining({
          id: conversationId,
          name: "Crew",
          isCreator: true,
          memberCount: 1,
          openInvites: 1,
        }),
      ]);
      const { members } = await operate(context, OPERATIONS.members, { conversationId });
      expect(members).toEqual([expect.objectContaining({ isUs: true, role: "super_admin" })]);
      await operate(context, OPERATIONS.revokeInvites, { conversationId });
      expect(pictures()).toEqual([]);
      const after = await operate(context, OPERATIONS.conversations, {});
      expect(after.conversations[0]?.openInvites).toBe(0);
    });
  });

  it("locks, unlocks, leaves and ends conversations", async () => {
    await withWay(async (context) => {
      const { conversationId } = await operate(context, OPERATIONS.create, { name: "One" });
      await operate(context, OPERATIONS.invite, { conversationId, singleUse: false });
      await operate(context, OPERATIONS.setLocked, { conversationId, isLocked: true });
      expect(pictures()).toEqual([]);
      await operate(context, OPERATIONS.setLocked, { conversationId, isLocked: false });
      await operate(context, OPERATIONS.rename, { conversationId, name: "Marvin" });
      const terminal = { ...createCliContext(convosChannel, cfg, "default"), ...context };
      const dressed = await changeProfile(terminal, { emoji: "🦞" });
      expect(dressed.json).toMatchObject({ emoji: "🦞", decorated: [conversationId] });
      const listed = await operate(context, OPERATIONS.conversations, {});
      expect(listed.conversations).toMatchObject([{ emoji: "🦞", isCreator: true }]);
      await expect(changeProfile(terminal, { emoji: "no emoji" })).rejects.toThrow("one emoji");
      await operate(context, OPERATIONS.leave, { conversationId });
      const two = await operate(context, OPERATIONS.create, { name: "Two" });
      await operate(context, OPERATIONS.explode, { conversationId: two.conversationId });
      expect((await operate(context, OPERATIONS.conversations, {})).conversations).toEqual([]);
    });
  });

  it("says what, why and the next command when it refuses", async () => {
    await withWay(async (context) => {
      const unknown = operate(context, OPERATIONS.leave, { conversationId: "0a".repeat(16) });
      await expect(unknown).rejects.toMatchObject({
        name: "ChannelKitError",
        message: expect.stringMatching(/^convos: .*openclaw convos conversations$/),
      });
      const join = operate(context, OPERATIONS.cancelJoin, { joinId: "none" });
      await expect(join).rejects.toThrow(/no such join/);
    });
  });
});

it("refuses what needs the network while that is down, and changes nothing", async () => {
  const { conversationId } = await operate(stopped, OPERATIONS.create, { name: "Crew" });
  await net.node.close();
  await expect(operate(stopped, OPERATIONS.create, { name: "Two" })).rejects.toThrow(
    /XMTP network does not answer.*openclaw convos status/,
  );
  const { conversations } = await operate(stopped, OPERATIONS.conversations, {});
  expect(conversations.map(({ id }) => id)).toEqual([conversationId]);
});

it("lets people in by an invite, and removes its picture when it has ended", async () => {
  const { conversationId } = await operate(stopped, OPERATIONS.create, { name: "Crew" });
  const expiresAtMs = Date.now() + HOUR_MS;
  const { url } = await operate(stopped, OPERATIONS.invite, {
    conversationId,
    expiresAtMs,
    singleUse: false,
  });
  await using running = await openRunning();
  const alice = await net.person("alice");
  expect(await alice.join(url)).toMatchObject({ id: conversationId });
  await forgetInvites(folder, hasExpired(expiresAtMs - 1));
  expect(pictures()).toHaveLength(1);
  await forgetInvites(folder, hasExpired(expiresAtMs));
  expect(pictures()).toEqual([]);
  const { members } = await operate(running.context, OPERATIONS.members, { conversationId });
  expect(members.map(({ name }) => name)).toContain("alice");
});

describe("waiting for a join at the terminal", () => {
  it("shows how it goes, and ends in the conversation; what the gateway did counts as well", async () => {
    const alice = await net.person("alice");
    const { id } = await alice.client.createConversation({ name: "Room" });
    const { url } = await alice.client.createInvite(id);
    const shown: string[] = [];
    const signal = AbortSignal.timeout(30_000);
    const sinceMs = await store(url);
    const show = (text: string): void => void shown.push(text);
    expect(await watchJoin(stopped, { sinceMs, signal, show })).toMatchObject({
      id,
      memberCount: 2,
    });
    expect(shown.join("\n")).toMatch(/\(0:0\d\) \[Ctrl-C keeps it pending\]/);
    await using running = await openRunning();
    const again = watchJoin(running.context, { sinceMs, signal, show });
    await expect(again).resolves.toMatchObject({ id });
  });

  it("keeps what was asked when the person gives up, for whoever runs the account next", async () => {
    const alice = await net.person("alice");
    const { id } = await alice.client.createConversation({ name: "Room" });
    const { url } = await alice.client.createInvite(id);
    await alice.stop();
    const stop = new AbortController();
    const sinceMs = await store(url);
    const show = (text: string): void => {
      if (text.includes("waiting for approval")) stop.abort();
    };
    expect(await watchJoin(stopped, { sinceMs, signal: stop.signal, show })).toBeUndefined();
    const { joins } = await operate(stopped, OPERATIONS.conversations, {});
    expect(joins).toHaveLength(1);
    await using running = await openRunning();
    await alice.start();
    await expect
      .poll(
        async () => (await operate(running.context, OPERATIONS.conversations, {})).conversations,
        {
          timeout: 30_000,
        },
      )
      .toMatchObject([{ id }]);
  });

  it("says that an invite leads nowhere, and what to do", async () => {
    const alice = await net.person("alice");
    const { id } = await alice.client.createConversation({ name: "Room" });
    const { url } = await alice.client.createInvite(id);
    await alice.client.revokeInvites(id);
    const sinceMs = await store(url);
    const signal = AbortSignal.timeout(30_000);
    const watching = watchJoin(stopped, { sinceMs, signal, show: () => undefined });
    await expect(watching).rejects.toThrow(
      /refused: the invite has ended.*Ask for a new one, then: openclaw convos join/,
    );
    const dayMs = 24 * HOUR_MS;
    const later = { ...stopped, now: () => Date.now() + dayMs };
    const { joins, refusedJoins } = await operate(stopped, OPERATIONS.conversations, {});
    expect([joins, refusedJoins]).toMatchObject([
      [],
      [{ reason: expect.stringContaining("invite has ended") }],
    ]);
    expect((await operate(later, OPERATIONS.conversations, {})).refusedJoins).toEqual([]);
  });
});

it("comes back on another machine from a sealed file, and looks up which keys were in use", async () => {
  await operate(stopped, OPERATIONS.create, { name: "Crew" });
  const passphraseFile = path.join(stateDir, "passphrase");
  writeFileSync(passphraseFile, "marble otter saffron canoe\n", { mode: 0o600 });
  const file = path.join(stateDir, "agent.backup");
  vi.stubEnv("OPENCLAW_STATE_DIR", stateDir);
  await backUp(createCliContext(convosChannel, cfg, "default"), { file, passphraseFile });
  const other = mkdtempSync(path.join(tmpdir(), "convos-other-"));
  try {
    vi.stubEnv("OPENCLAW_STATE_DIR", other);
    const context = createCliContext(convosChannel, cfg, "default");
    const restored = await restore(context, file, { passphraseFile });
    expect(restored.json).toMatchObject({ scan: { kind: "asked", found: 1, restored: 1 } });
    expect(restored.exitCode).toBe(0);
    // Again is no harm, and without a network the identity comes back all the same.
    await net.node.close();
    const again = await restore(context, file, { passphraseFile });
    expect(again).toMatchObject({ exitCode: 1, json: { scan: { kind: "failed" } } });
    expect(again.lines.join("\n")).toContain("openclaw convos restore FILE");
  } finally {
    vi.unstubAllEnvs();
    rmSync(other, { recursive: true, force: true });
  }
});

it("asks after a restore whether a group is the lost conversation, and takes it back on a yes", async () => {
  const alice = await net.person("alice");
  const { id } = await alice.client.createConversation({ name: "Room" });
  const { url } = await alice.client.createInvite(id);
  const signal = AbortSignal.timeout(30_000);
  const sinceMs = await store(url);
  await watchJoin(stopped, { sinceMs, signal, show: () => undefined });
  // All but the words is lost.
  for (const name of readdirSync(folder)) {
    if (name !== "session.json") rmSync(path.join(folder, name), { recursive: true });
  }
  const { account } = stopped;
  const claimed = await claimIdentity({ stateDir, account, signal });
  const { identity } = claimed;
  {
    await using connection = await openConnection({ identity, account, folder, log: SILENT });
    await connection.controls.scan(signal);
  }
  await claimed.lock.release();
  await using running = await openRunning();
  const list = () => operate(running.context, OPERATIONS.conversations, {});
  // XMTP looks for new installations of members when somebody writes, and not at every message.
  const write = async (): Promise<unknown> => {
    await alice.sendText(id, "are you back?");
    return (await list()).offers;
  };
  await expect
    .poll(write, { timeout: 30_000, interval: 1000 })
    .toMatchObject([{ id, memberCount: 2 }]);
  expect((await list()).conversations).toEqual([]);
  await operate(running.context, OPERATIONS.settleOffer, { conversationId: id, isOurs: true });
  expect(await list()).toMatchObject({ conversations: [{ id }], offers: [] });
  const again = operate(running.context, OPERATIONS.settleOffer, {
    conversationId: id,
    isOurs: false,
  });
  await expect(again).rejects.toThrow(/openclaw convos conversations/);
});

/** Stores an invite as the wizard does. */
async function store(url: string): Promise<number> {
  const sinceMs = Date.now();
  const offer = readOffer(url, sinceMs);
  await provision({ cfg, accountId: "default", stateDir, now: Date.now, offer });
  return sinceMs;
}

function pictures(): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".png"));
}
