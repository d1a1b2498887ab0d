import path from "node:path";
import { startRelay } from "gossip-relay";
import { createHttpRelayClient, parseUserId } from "gossip-sdk";
import { listEntries } from "./folder-files.ts";
import { startBot, type Bot } from "./gossip-bot.ts";
import { createPerson, type Person } from "./gossip-person.ts";
import { strangersAnnounce } from "./gossip-strangers.ts";

export interface FloodOptions {
  /** New ids, of which nobody knows anything. */
  readonly ids: number;
  /** People that the operator has approved. */
  readonly approved: number;
  /** Questions by which the time to a turn is measured, before the flood and during it. */
  readonly questions: number;
}

export interface FloodFigures {
  /** Announcements that the bot itself has posted since the flood began. */
  readonly announced: number;
  readonly minutes: number;
  /** Most addresses that one request to the message board asked for. */
  readonly largestRequest: number;
  /** What the state directory has grown by. */
  readonly grownBytes: number;
  /** Median from a question of an approved person to its turn, before and during the flood. */
  readonly quietMs: number;
  readonly floodedMs: number;
  /** Turns of people who were not approved. */
  readonly foreignTurns: number;
}

/**
 * New ids announce themselves to a bot with some approved people. Meanwhile one of these asks on, and afterwards
 * somebody who is on the list, but has never been in contact, has to get through.
 *
 * @param root - Empty. `OPENCLAW_STATE_DIR` must be `root/state` and `XDG_RUNTIME_DIR` an existing private folder.
 */
export async function runFlood(root: string, options: FloodOptions): Promise<FloodFigures> {
  const { approved, ids, questions } = options;
  await using stack = new AsyncDisposableStack();
  const relay = stack.adopt(await startRelay(), (running) => running.close());
  const people = await Promise.all(
    Array.from({ length: approved + 1 }, async (_, i) =>
      stack.use(await createPerson(relay.url, path.join(root, `person-${i}`))),
    ),
  );
  const newcomer = people.at(-1);
  const asker = people[0];
  if (newcomer === undefined || asker === undefined) throw new Error("flood: nobody there");
  const stateDir = path.join(root, "state");
  const bot = stack.adopt(
    startBot({
      stateDir,
      section: {
        enabled: true,
        protocolUrl: relay.url,
        allowFrom: people.map(({ userId }) => userId),
        // One person asks all the questions: this is not about the budget.
        turnBudget: { perPerson: 10_000, perAccount: 100_000 },
      },
    }),
    (running) => running.stop(),
  );
  const botId = await bot.whenReady();
  for (const person of people.slice(0, approved)) {
    await person.greet(botId);
    await person.say(botId, "hello");
  }
  await bot.whenTurns(approved);
  const quietMs = await medianTurnMs(bot, asker, botId, questions);

  const requests: number[] = [];
  const watch = relay.faults.inject({
    kind: "delay",
    delayMs: 0,
    routes: ["messages_fetch"],
    match: (body) => {
      requests.push(countSeekers(body));
      return false;
    },
  });
  const keys = await createHttpRelayClient({ url: relay.url }).fetchKeys(parseUserId(botId));
  if (keys === undefined) throw new Error("flood: the bot has no keys");
  const counterBefore = relay.stats().newestCounter;
  const bytesBefore = sizeOf(stateDir);
  const startedMs = Date.now();
  const half = Math.floor(ids / 2);
  await strangersAnnounce(relay.url, keys, half);
  const floodedMs = await medianTurnMs(bot, asker, botId, questions);
  await strangersAnnounce(relay.url, keys, ids - half);
  const turns = bot.turns.length;
  await newcomer.greet(botId);
  await newcomer.say(botId, "I am on the list");
  // It announced itself after the whole flood, so all of it has been looked at by then.
  await bot.whenTurns(turns + 1);
  watch.remove();
  const known = new Set(people.map(({ userId }) => userId));
  return {
    // Of those that are new on the bulletin the newcomer's is one.
    announced: Number(relay.stats().newestCounter - counterBefore) - ids - 1,
    minutes: Math.ceil((Date.now() - startedMs) / 60_000),
    largestRequest: Math.max(0, ...requests),
    grownBytes: sizeOf(stateDir) - bytesBefore,
    quietMs,
    floodedMs,
    foreignTurns: bot.turns.filter(({ sender }) => !known.has(sender.id ?? "")).length,
  };
}

async function medianTurnMs(
  bot: Bot,
  person: Person,
  botId: string,
  questions: number,
): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < questions; i += 1) {
    const turns = bot.turns.length;
    const startedMs = performance.now();
    // One after the other: each is timed for itself.
    await person.say(botId, `question ${i}`);
    await bot.whenTurns(turns + 1);
    times.push(performance.now() - startedMs);
  }
  return times.toSorted((left, right) => left - right)[Math.floor(questions / 2)] ?? 0;
}

function countSeekers(body: unknown): number {
  const seekers: unknown =
    typeof body === "object" && body !== null && Reflect.get(body, "seekers");
  return Array.isArray(seekers) ? seekers.length : 0;
}

function sizeOf(folder: string): number {
  return listEntries(folder)
    .filter(({ isFile }) => isFile)
    .reduce((sum, { size }) => sum + size, 0);
}
