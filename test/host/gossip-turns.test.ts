import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject, pollUntil, startGateway } from "channel-testing";
import type { Gateway, JsonObject } from "channel-testing";
import type { GossipUserId } from "gossip-sdk";
import type { GossipPerson } from "../../scripts/start/gossip-person.ts";
import { startGossipHost } from "../support/gossip-host.ts";
import type { GossipHost } from "../support/gossip-host.ts";

const WAIT_MS = 90_000;
/** `BACKLOG_PEERS=50` is the size that is asked for, of ten messages each; the short form takes as long as a test may. */
const ASKED_PEERS = process.env["BACKLOG_PEERS"];
const PEERS = Number(ASKED_PEERS ?? 3);
const MESSAGES = ASKED_PEERS === undefined ? 5 : 10;
const WORD = /\b(?:burst|tight|removed|kept|merged|first|peer\d+x)-\d+\b/g;

let gossip: GossipHost;
let gateway: Gateway;
let alice: GossipPerson;
let bob: GossipPerson;
let crowd: GossipPerson[];
let bots: Record<"each" | "merge" | "tight", GossipUserId>;

beforeAll(async () => {
  gossip = await startGossipHost({
    async section(network) {
      const people = Array.from({ length: PEERS }, (_, i) => network.openPerson(`peer${i}`));
      [alice, bob] = await Promise.all([network.openPerson("alice"), network.openPerson("bob")]);
      crowd = await Promise.all(people);
      const rules = { dmPolicy: "allowlist", allowFrom: [alice.id, bob.id] };
      return {
        enabled: true,
        dmPolicy: "open",
        allowFrom: ["*"],
        turnBudget: { perPerson: 1000, perAccount: 10_000 },
        accounts: {
          merge: { ...rules, backlog: "merge" },
          tight: { ...rules, turnBudget: { perPerson: 2 } },
        },
      };
    },
    reply: ({ lastUserText }) => `answer to ${lastUserText.match(WORD)?.join(" ")}`,
  });
  gateway = gossip.gateway;
  const find = (account: string): Promise<GossipUserId> =>
    gossip.network.findBot(gateway, account, WAIT_MS);
  bots = { each: await find("default"), merge: await find("merge"), tight: await find("tight") };
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await gossip[Symbol.asyncDispose]();
});

/** Starts of words that the model was newly asked about, in the order of the requests. */
function askedAbout(prefix: string): string[] {
  return gossip.model.requests
    .flatMap(({ lastUserText }) => lastUserText.match(WORD) ?? [])
    .filter((word) => word.startsWith(prefix));
}

/**
 * The same for people who may write while the host still prepares the turn before: their message joins that turn, so
 * what a request newly asks is all that follows the last answer.
 */
function newlyAsked(prefix: string): string[] {
  return gossip.model.requests
    .flatMap(({ messages }) => {
      const answered = messages.findLastIndex(({ role }) => role === "assistant");
      return messages.slice(answered + 1).filter(({ role }) => role === "user");
    })
    .flatMap(({ text }) => text.match(WORD) ?? [])
    .filter((word) => word.startsWith(prefix));
}

const isAnswer = (text: string): boolean => text.startsWith("answer to ");

/** The account's part of `openclaw channels status`. */
async function readStatus(accountId: string): Promise<JsonObject> {
  const answer = await gateway.call("channels.status", { probe: false });
  const channels = isJsonObject(answer) ? answer["channelAccounts"] : undefined;
  const accounts = isJsonObject(channels) ? channels["gossip"] : undefined;
  const found = (Array.isArray(accounts) ? accounts : [])
    .filter(isJsonObject)
    .find((account) => account["accountId"] === accountId);
  return found ?? {};
}

describe("turns of the real host", () => {
  it("answers three lines in quick succession with one turn", async () => {
    for (const line of ["burst-1", "burst-2", "burst-3"]) await alice.say(bots.each, line);
    await expect(alice.hear(bots.each, isAnswer, WAIT_MS)).resolves.toBe(
      "answer to burst-1 burst-2 burst-3",
    );
    expect(gossip.turnsAbout("burst-1")).toHaveLength(1);
    expect(askedAbout("burst")).toEqual(["burst-1", "burst-2", "burst-3"]);
  });

  it("keeps what is over the turn budget, tells its person once, and says so in the status", async () => {
    for (const line of ["tight-1", "tight-2"]) {
      await bob.say(bots.tight, line);
      await bob.hear(bots.tight, isAnswer, WAIT_MS);
    }
    await bob.say(bots.tight, "tight-3");
    await bob.hear(bots.tight, (text) => text.includes("more messages than I may answer"), WAIT_MS);
    await bob.say(bots.tight, "tight-4");
    await pollUntil(
      () => readStatus("tight"),
      ({ application }) =>
        isJsonObject(application) &&
        application["peopleOverBudget"] === 1 &&
        application["waitingInbound"] === 2,
      WAIT_MS,
      "two waiting messages in the status",
    );
    expect(askedAbout("tight")).toEqual(["tight-1", "tight-2"]);

    // A higher budget is in force without a restart, and what waited is answered in its order.
    gossip.host.editConfig((config) =>
      editAccount(config, "tight", { turnBudget: { perPerson: 9 } }),
    );
    await bob.hear(bots.tight, (text) => text.includes("tight-4"), WAIT_MS);
    expect(askedAbout("tight")).toEqual(["tight-1", "tight-2", "tight-3", "tight-4"]);
    const notices = bob.inbox.received.filter(({ text }) => text.includes("more messages than I"));
    expect(notices).toHaveLength(1);
  });

  it("ends a running turn within two seconds when its person is taken off the list", async () => {
    const parked = gossip.model.park(({ lastUserText }) => lastUserText.includes("removed-1"));
    await bob.say(bots.merge, "removed-1");
    await parked.arrived;
    const from = gateway.log.nextIndex;
    gossip.host.editConfig((config) => editAccount(config, "merge", { allowFrom: [alice.id] }));
    await pollUntil(
      () => readStatus("merge"),
      ({ allowFrom }) => Array.isArray(allowFrom) && !allowFrom.includes(bob.id),
      WAIT_MS,
      "the shorter list in the running account",
    );
    const removedAtMs = performance.now();
    await gateway.log.waitFor(/\[merge\] a turn was ended: its person lost access/, {
      from,
      timeoutMs: WAIT_MS,
    });
    expect(performance.now() - removedAtMs).toBeLessThan(2000);
    // A model that goes on would now call a tool, and then answer.
    parked.release({ toolCalls: [{ name: "tool_search", arguments: { query: "message" } }] });
    await bob.say(bots.merge, "removed-2");
    // Of the same account, and read after bob's.
    await alice.say(bots.merge, "kept-1");
    await alice.hear(bots.merge, isAnswer, WAIT_MS);
    expect(gossip.turnsAbout("removed-1")).toHaveLength(1);
    expect(gossip.turnsAbout("removed-2")).toEqual([]);
    expect(bob.inbox.received.filter(({ from: bot }) => bot === bots.merge)).toEqual([]);
  });

  it(`answers ${PEERS} x ${MESSAGES} messages of an absence: each in one model call, in order per person`, async () => {
    await Promise.all(crowd.map((person) => person.say(bots.each, "first-0")));
    await Promise.all(crowd.map((person) => person.hear(bots.each, isAnswer, WAIT_MS)));
    await gateway.kill();

    const said = crowd.map((_person, i) => wordsOf(i));
    await Promise.all(
      crowd.map(async (person, i) => {
        for (const word of said[i] ?? []) await person.say(bots.each, word);
      }),
    );
    for (const word of ["merged-1", "merged-2", "merged-3"]) await alice.say(bots.merge, word);
    gateway = await startGateway(gossip.host);

    await alice.hear(bots.merge, (text) => text.includes("merged-3"), WAIT_MS);
    await Promise.all(
      crowd.map((person, i) =>
        person.hear(bots.each, (text) => text.includes(said[i]?.at(-1) ?? "?"), WAIT_MS * 2),
      ),
    );
    // The host refuses work that is begun from work that has ended.
    expect(gateway.log.lines.filter(({ text }) => text.includes("GatewayDrainingError"))).toEqual(
      [],
    );
    for (const [i, words] of said.entries()) expect(newlyAsked(`peer${i}x-`)).toEqual(words);
    expect(gossip.turnsAbout("merged-1")).toHaveLength(1);
    expect(askedAbout("merged")).toEqual(["merged-1", "merged-2", "merged-3"]);
  });
});

function wordsOf(peer: number): string[] {
  return Array.from({ length: MESSAGES }, (_, i) => `peer${peer}x-${i}`);
}

function editAccount(config: JsonObject, accountId: string, change: JsonObject): JsonObject {
  const changed = structuredClone(config);
  const { channels } = changed;
  const section = isJsonObject(channels) ? channels["gossip"] : undefined;
  const accounts = isJsonObject(section) ? section["accounts"] : undefined;
  const account = isJsonObject(accounts) ? accounts[accountId] : undefined;
  if (!isJsonObject(account)) throw new TypeError(`channels.gossip.accounts.${accountId}`);
  Object.assign(account, change);
  return changed;
}
