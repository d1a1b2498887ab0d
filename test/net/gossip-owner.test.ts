import { mkdtempSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createOwnerDesk } from "channel-kit";
import { startRelay } from "gossip-relay";
import { afterEach, beforeEach, expect, it } from "vitest";
import { resolveGossipAccount } from "../../extensions/gossip/src/accounts.ts";
import { withOwnerConnection } from "../../extensions/gossip/src/owner-connection.ts";
import { findLiveAccount } from "../../extensions/gossip/src/runtime.ts";
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
  let isToldToWrite = false;
  const welcomed = account.welcomeOwner(owner.userId).then(() => (isToldToWrite = true));
  const received = bot.receivedCount;
  // Who writes the configuration is another process; until this one has read it, a message of the owner is a stranger's.
  await strangers[0]?.say(id, "still out here");
  await bot.whenReceived(received + 1);
  expect(isToldToWrite).toBe(false);
  section["allowFrom"] = [owner.userId];
  await welcomed;
  expect(await owner.whenTexts(1)).toEqual([createChatStrings().ownerWelcome]);
  await owner.say(id, "first words");
  await bot.whenTurns(1);
  expect(JSON.stringify(bot.turns)).toContain("first words");
  expect(JSON.stringify([bot.turns, bot.lines])).not.toContain(code.display);
  await bot.stop();
});

it("greets the owner after the restart that brings the new list", async () => {
  const stateDir = path.join(folder, "state");
  const section: Record<string, unknown> = { enabled: true, protocolUrl: relay.url };
  const bot = startBot({ stateDir, section });
  const owner = await meet("owner");
  const account = findLiveAccount(await bot.whenReady().then(() => "default"));
  if (account === undefined) throw new Error("the account does not run");
  const code = account.ownerDesk.begin();
  await owner.greet(bot.status.publicKey ?? "", code.display);
  await account.ownerDesk.whenSettled(code.id, NEVER);
  const welcomed = account.welcomeOwner(account.ownerDesk.end(code.id) ?? "");
  await bot.stop();
  await welcomed;
  expect(await owner.whenTexts(0)).toEqual([]);
  const next = startBot({ stateDir, section: { ...section, allowFrom: [owner.userId] } });
  expect(await owner.whenTexts(1)).toEqual([createChatStrings().ownerWelcome]);
  await next.stop();
});

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
