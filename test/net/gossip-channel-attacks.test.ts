// People who mean ill, against the channel with a real relay and the host's own access decision and pairing store.
import { globSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { startRelay } from "gossip-relay";
import { createHttpRelayClient, parseUserId } from "gossip-sdk";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startBot, type Bot } from "../support/gossip-bot.ts";
import { runFlood } from "../support/gossip-flood.ts";
import { createPerson, type Person } from "../support/gossip-person.ts";
import { strangersAnnounce } from "../support/gossip-strangers.ts";

/** More than the bot keeps. `npm run bench -- gossip-flood` does the same with 10,000. */
const FLOOD = { ids: 230, approved: 3, questions: 5 };
const MAX_GROWN_BYTES = 20_000_000;
/** People who write once to a bot that hears everybody. */
const STRANGERS = 250;

let root = "";

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "gossip-attacks-"));
  mkdirSync(path.join(root, "run"), { mode: 0o700 });
  vi.stubEnv("OPENCLAW_STATE_DIR", path.join(root, "state"));
  vi.stubEnv("XDG_RUNTIME_DIR", path.join(root, "run"));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

interface Meeting extends AsyncDisposable {
  readonly bot: Bot;
  readonly botId: string;
  readonly people: readonly Person[];
}

/** A bot and people on one relay; nobody has said anything yet. */
async function meet(count: number, rules: Record<string, unknown>): Promise<Meeting> {
  await using stack = new AsyncDisposableStack();
  const relay = stack.adopt(await startRelay(), (running) => running.close());
  const people = await Promise.all(
    Array.from({ length: count }, async (_, i) =>
      stack.use(await createPerson(relay.url, path.join(root, `person-${i}`))),
    ),
  );
  const bot = stack.adopt(
    startBot({
      stateDir: path.join(root, "state"),
      section: { enabled: true, protocolUrl: relay.url, ...rules },
    }),
    (running) => running.stop(),
  );
  const botId = await bot.whenReady();
  const all = stack.move();
  return { bot, botId, people, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Conversations that the protocol client keeps on disk. */
function countConversations(stateDir: string): number {
  const file = globSync("**/gossip.db", { cwd: stateDir })[0] ?? "missing";
  using database = new DatabaseSync(path.join(stateDir, file), { readOnly: true });
  return Number(database.prepare("SELECT count(*) AS n FROM conversations").get()?.["n"]);
}

describe("a flood of new ids", () => {
  it("costs little: announcements, addresses and disk are bounded, and approved people get through", async () => {
    const figures = await runFlood(root, FLOOD);
    expect(figures.announced).toBeLessThanOrEqual(60 * figures.minutes);
    // Each conversation is looked for at a handful of addresses.
    expect(figures.largestRequest).toBeGreaterThan(0);
    expect(figures.largestRequest).toBeLessThanOrEqual(500);
    expect(figures.grownBytes).toBeLessThan(MAX_GROWN_BYTES);
    expect(figures.foreignTurns).toBe(0);
  });

  it("is answered when everybody may write, and leaves 200 conversations beside those of people on the list", async () => {
    await using stack = new AsyncDisposableStack();
    const relay = stack.adopt(await startRelay(), (running) => running.close());
    const friend = stack.use(await createPerson(relay.url, path.join(root, "friend")));
    const stateDir = path.join(root, "state");
    const bot = stack.adopt(
      startBot({
        stateDir,
        section: {
          enabled: true,
          protocolUrl: relay.url,
          dmPolicy: "open",
          allowFrom: ["*", friend.userId],
          turnBudget: { perPerson: 100, perAccount: 10_000 },
        },
      }),
      (running) => running.stop(),
    );
    const botId = await bot.whenReady();
    await friend.greet(botId);
    await friend.say(botId, "I was here first");
    await bot.whenTurns(1);
    const keys = await createHttpRelayClient({ url: relay.url }).fetchKeys(parseUserId(botId));
    if (keys === undefined) throw new Error("test: the bot has no keys");
    await strangersAnnounce(relay.url, keys, STRANGERS, undefined, "hello");
    await bot.whenTurns(1 + STRANGERS);
    await friend.say(botId, "I am still here");
    await bot.whenTurns(2 + STRANGERS);
    expect(bot.turns.at(-1)).toMatchObject({ sender: { id: friend.userId } });
    await bot.stop();
    expect(countConversations(stateDir)).toBeLessThanOrEqual(200 + 1);
  });

  it("gets three codes in all, one for each of three senders, however often they write", async () => {
    await using met = await meet(6, {});
    const { bot, botId, people } = met;
    await Promise.all(people.map((person) => person.greet(botId, "let me in")));
    for (let i = 0; i < 3; i += 1) {
      await Promise.all(people.map((person) => person.say(botId, `please ${i}`)));
    }
    // A request and three messages from each.
    await vi.waitFor(() => expect(bot.receivedCount).toBe(24), 20_000);
    const codes = (): string[] =>
      people.flatMap(({ received }) =>
        received.flatMap((event) => (event.type === "message" ? [event.text] : [])),
      );
    await vi.waitFor(() => expect(codes()).toHaveLength(3), 20_000);
    expect(new Set(codes()).size).toBe(3);
    expect(bot.turns).toEqual([]);
  });
});

describe("a message id that somebody else has used", () => {
  const id = new Uint8Array(12).fill(7);

  it("takes nothing from its first owner, and edits, deletes and reacts to nothing of theirs", async () => {
    await using met = await meet(2, { dmPolicy: "open", allowFrom: ["*"] });
    const { bot, botId, people } = met;
    const [alice, mallory] = people;
    if (alice === undefined || mallory === undefined) throw new Error("test: nobody there");
    const to = parseUserId(botId);
    await Promise.all(people.map((person) => person.greet(botId)));
    // First the thief, so that an id that counts for all would swallow the owner's message.
    await mallory.client.send(to, { type: "text", text: "mallory's" }, { messageId: id });
    await bot.whenTurns(1);
    await alice.client.send(to, { type: "text", text: "alice's" }, { messageId: id });
    await bot.whenTurns(2);
    await mallory.client.send(to, { type: "reply", text: "as alice?", citedId: id });
    await bot.whenTurns(3);
    await mallory.client.send(to, { type: "edit", text: "changed", citedId: id });
    await mallory.client.send(to, { type: "delete", citedId: id });
    await vi.waitFor(() => expect(bot.systemEvents).toHaveLength(2), 20_000);
    await alice.say(botId, "last");
    await bot.whenTurns(4);
    expect(bot.turns.map(({ sender, message }) => [sender.id, message.rawBody])).toEqual([
      [mallory.userId, "mallory's"],
      [alice.userId, "alice's"],
      [mallory.userId, "as alice?"],
      [alice.userId, "last"],
    ]);
    expect(JSON.stringify(bot.systemEvents)).not.toContain(alice.userId);
    expect(JSON.stringify(bot.turns[2])).not.toContain("alice's");
  });
});
