// What an operator does with conversations, both ways: asked of a gateway that runs the account, and done by a command
// that opens the stopped account itself. Against the local XMTP node.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resolveConvosAccount } from "../../extensions/convos/src/accounts.ts";
import { claimIdentity } from "../../extensions/convos/src/claim-identity.ts";
import { openConnection } from "../../extensions/convos/src/client.ts";
import { forgetInvites, hasExpired } from "../../extensions/convos/src/invite-book.ts";
import { operate, type OperatorContext } from "../../extensions/convos/src/operate.ts";
import {
  answerOperation,
  type Operation,
  OPERATIONS,
} from "../../extensions/convos/src/operations.ts";
import { provision } from "../../extensions/convos/src/setup-provision.ts";
import { ConvosNet } from "../support/convos-people.ts";

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const HOUR_MS = 3_600_000;

let net: ConvosNet;
let stateDir = "";
let folder = "";
let stopped: OperatorContext;

beforeEach(async () => {
  net = await ConvosNet.start();
  stateDir = mkdtempSync(path.join(tmpdir(), "convos-operator-"));
  const convos = { enabled: true, env: "local", apiUrl: net.node.url };
  const cfg = { channels: { convos } };
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

function pictures(): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".png"));
}
