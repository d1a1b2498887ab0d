import { mkdtempSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createOwnerDesk, registerOwnerMethods } from "channel-kit";
import { startRelay } from "gossip-relay";
import type { OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import { afterEach, beforeEach, expect, it } from "vitest";
import * as z from "zod";
import { resolveGossipAccount } from "../../extensions/gossip/src/accounts.ts";
import { GOSSIP } from "../../extensions/gossip/src/config-schema.ts";
import { withOwnerConnection } from "../../extensions/gossip/src/owner-connection.ts";
import { findLiveAccount, liveAccounts } from "../../extensions/gossip/src/runtime.ts";
import { createChatStrings } from "../../extensions/gossip/src/strings.ts";
import { startBot } from "../support/gossip-bot.ts";
import { createPerson, type Person } from "../support/gossip-person.ts";

const NEVER = new AbortController().signal;
const QUICK = { liveMs: 40, idleMs: 40, idleMaxMs: 80, bulletinMs: 40, tickMs: 50 };

let folder = "";
let relay: Awaited<ReturnType<typeof startRelay>>;
let people: Person[] = [];
const stateDirBefore = process.env["OPENCLAW_STATE_DIR"];

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "gossip-owner-"));
  process.env["OPENCLAW_STATE_DIR"] = path.join(folder, "state");
  relay = await startRelay({ databasePath: path.join(folder, "relay.db") });
  people = [];
});
afterEach(async () => {
  await Promise.all(people.map((person) => person[Symbol.asyncDispose]()));
  await relay.close();
  if (stateDirBefore === undefined) delete process.env["OPENCLAW_STATE_DIR"];
  else process.env["OPENCLAW_STATE_DIR"] = stateDirBefore;
  rmSync(folder, { recursive: true, force: true });
});

type Register = OpenClawPluginApi["registerGatewayMethod"];

/** The methods as the host has them, called by name. Rejects with what the answer says went wrong. */
function registerMethods(): (method: string, params: object) => Promise<unknown> {
  const handlers = new Map<string, Parameters<Register>[1]>();
  const registerGatewayMethod: Register = (method, handler) => void handlers.set(method, handler);
  const api = { registerGatewayMethod, logger: { warn: () => undefined } };
  registerOwnerMethods({ api, names: GOSSIP, accounts: liveAccounts });
  return async (method, params) => {
    const handler = handlers.get(method);
    if (handler === undefined) throw new Error(`test: no method ${method}`);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const respond = (isFine: boolean, answer: unknown, problem?: { message: string }): void =>
      isFine ? resolve(answer) : reject(new Error(problem?.message));
    // Nothing else of a request is looked at.
    await Reflect.apply(handler, undefined, [{ params, respond }]);
    return await promise;
  };
}

async function meet(name: string): Promise<Person> {
  const home = path.join(folder, name);
  mkdirSync(home, { mode: 0o700 });
  const person = await createPerson(relay.url, home);
  people.push(person);
  return person;
}

it("hears the owner's code in a running account while strangers hold every pairing slot", async () => {
  const section: Record<string, unknown> = { enabled: true, protocolUrl: relay.url };
  const bot = startBot({ stateDir: path.join(folder, "state"), section });
  const id = await bot.whenReady();
  const strangers = await Promise.all(["s1", "s2", "s3"].map(meet));
  await Promise.all(strangers.map((stranger) => stranger.greet(id, "let me in")));
  await Promise.all(strangers.map((stranger) => stranger.whenTexts(1)));
  const account = findLiveAccount("default");
  if (account === undefined) throw new Error("the account does not run");
  const owner = await meet("owner");
  const code = account.ownerDesk.begin();
  await owner.greet(id, code.display);
  await expect(account.ownerDesk.whenSettled(code.id, NEVER)).resolves.toEqual({
    kind: "claimed",
    senderId: owner.userId,
  });
  expect(account.ownerDesk.end(code.id)).toBe(owner.userId);
  // Who writes the configuration is another process; until this one has read it, a message of the owner is a stranger's.
  expect(await account.welcomeOwner(owner.userId)).toBe(false);
  section["allowFrom"] = [owner.userId];
  expect(await account.welcomeOwner(owner.userId)).toBe(true);
  expect(await owner.whenTexts(1)).toEqual([createChatStrings().ownerWelcome]);
  await owner.say(id, "first words");
  await bot.whenTurns(1);
  expect(JSON.stringify(bot.turns)).toContain("first words");
  expect(JSON.stringify([bot.turns, bot.lines])).not.toContain(code.display);
  await bot.stop();
});

it.each(["before", "after"] as const)(
  "greets the owner once, when the yes comes %s the restart that brings the new list",
  async (moment) => {
    const stateDir = path.join(folder, "state");
    const section: Record<string, unknown> = { enabled: true, protocolUrl: relay.url };
    const call = registerMethods();
    const bot = startBot({ stateDir, section });
    const owner = await meet("owner");
    await bot.whenReady();
    const { code, id } = z
      .object({ code: z.string(), id: z.string() })
      .parse(await call("gossip.owner.begin", {}));
    await owner.greet(bot.status.publicKey ?? "", code);
    expect(await call("gossip.owner.wait", { id })).toEqual({
      kind: "claimed",
      senderId: owner.userId,
    });
    const finish = { id, accepted: true, senderId: owner.userId };
    if (moment === "before") await call("gossip.owner.finish", finish);
    await bot.stop();
    await expect(call("gossip.owner.finish", finish)).rejects.toThrow("not running");
    expect(await owner.whenTexts(0)).toEqual([]);
    const next = startBot({ stateDir, section: { ...section, allowFrom: [owner.userId] } });
    await next.whenReady();
    if (moment === "after") await call("gossip.owner.finish", finish);
    expect(await owner.whenTexts(1)).toEqual([createChatStrings().ownerWelcome]);
    await owner.say(next.status.publicKey ?? "", "first words");
    await next.whenTurns(1);
    expect(await owner.whenTexts(1)).toHaveLength(1);
    await next.stop();
  },
);

it("hears the code where nobody may write, without a gateway, and leaves other messages to it", async () => {
  const stateDir = path.join(folder, "state");
  const section: Record<string, unknown> = {
    enabled: true,
    protocolUrl: relay.url,
    dmPolicy: "disabled",
  };
  const desk = createOwnerDesk();
  const account = resolveGossipAccount({ channels: { gossip: section } });
  const [owner, other] = await Promise.all([meet("owner"), meet("other")]);
  await withOwnerConnection(
    { stateDir, account, desk, signal: NEVER, polling: QUICK },
    async (connection) => {
      await connection.whenReachable();
      const code = desk.begin();
      await other.greet(connection.userId, "not a code");
      await owner.greet(connection.userId, code.display);
      await desk.whenSettled(code.id, NEVER);
      const senderId = desk.end(code.id) ?? "";
      expect(senderId).toBe(owner.userId);
      await connection.welcome(senderId);
    },
  );
  expect(await owner.whenTexts(1)).toEqual([createChatStrings().ownerWelcome]);
  const bot = startBot({
    stateDir,
    section: { ...section, dmPolicy: "allowlist", allowFrom: [owner.userId, other.userId] },
  });
  await bot.whenTurns(1);
  expect(JSON.stringify(bot.turns)).toContain("not a code");
  await bot.stop();
});
