import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject, pollUntil, runOpenclaw } from "channel-testing";
import type { JsonObject } from "channel-testing";
import type { GossipUserId } from "gossip-sdk";
import type { GossipPerson } from "../../scripts/start/gossip-person.ts";
import {
  ACCOUNTS,
  CHANGED_POLICY,
  idOf,
  isCode,
  SENDERS,
  TABLE,
  wordOf,
} from "../support/access-table.ts";
import type { Account, Sender } from "../support/access-table.ts";
import { startGossipHost } from "../support/gossip-host.ts";
import type { GossipHost } from "../support/gossip-host.ts";
import { AccessPlay, WAIT_MS } from "./support/access-play.ts";
import { approvePairing, findPairingRequest } from "./support/pairing-requests.ts";

const WRONG_APPROVALS = 20;
const REFUSED = { code: "rpc_failed" };
const STOPPED_MS = Number(process.env["STOPPED_MS"] ?? 12_000);
const WAKE_LIMIT_MS = 15_000;
/** What the clock on the wall has moved meanwhile. */
const SLEPT_MS = 10 * 3_600_000;
/** The host looks twice a minute whether it stood still, and then starts every channel again when it has time. */
const HOST_RECOVERS_MS = 180_000;
/** Words that people write; the prompt names the model too. */
const WORD = /\b(?!scripted)[a-z]+(?:-[a-z]+)*-\d\b/g;

let gossip: GossipHost;
let people: Record<Sender, GossipPerson>;
/** One gateway, one account for each policy: a start of the gateway costs more than all these tests. */
let play: AccessPlay;

beforeAll(async () => {
  gossip = await startGossipHost({
    async section(network) {
      const [owner, paired, listed, unknown, removed] = await Promise.all([
        network.openPerson("owner"),
        network.openPerson("paired"),
        network.openPerson("listed"),
        network.openPerson("unknown"),
        network.openPerson("removed"),
      ]);
      people = { owner, paired, listed, unknown, removed };
      return {
        enabled: true,
        username: "pairing",
        allowFrom: [listed.id],
        accounts: {
          allowlist: { dmPolicy: "allowlist", allowFrom: [listed.id.toUpperCase(), removed.id] },
          open: { dmPolicy: "open", allowFrom: ["*"] },
          disabled: { dmPolicy: "disabled" },
        },
      };
    },
    movesClock: true,
    config: () => ({
      commands: { ownerAllowFrom: [`gossip:${people.owner.id}`] },
      // Everybody writes to every account at once: these are conversations of their own.
      session: { dmScope: "per-account-channel-peer" },
    }),
    reply: ({ lastUserText }) => `answer to ${lastUserText.match(WORD)?.join(" ")}`,
  });
  const find = (account: Account): Promise<GossipUserId> =>
    gossip.network.findBot(gossip.gateway, idOf(account), WAIT_MS);
  play = new AccessPlay(gossip, people, {
    pairing: await find("pairing"),
    allowlist: await find("allowlist"),
    open: await find("open"),
    disabled: await find("disabled"),
  });
});
afterAll(async () => {
  await gossip[Symbol.asyncDispose]();
});

const anything = (): boolean => true;
const findRequest = (senderId: string): Promise<string> =>
  findPairingRequest(gossip.gateway, { channel: "gossip", accountId: "default" }, senderId);

async function approve(senderId: string, accountId = "default"): Promise<void> {
  await approvePairing(gossip.gateway, { channel: "gossip", accountId }, senderId);
}

describe("who may write to a Gossip bot, with the real host", () => {
  it("pairing: an unknown sender gets one code and no turn; approved on the command line, a notice and one reply per message", async () => {
    const { paired } = people;
    await play.write("paired", "pairing", "unknown-1");
    const challenge = await play.hear("paired", "pairing", anything);
    await play.write("paired", "pairing", "unknown-2");
    const code = /openclaw pairing approve gossip (\w+)/.exec(challenge)?.[1] ?? "no code";
    await runOpenclaw(gossip.host, ["pairing", "approve", "gossip", code]);
    const notice = await play.hear("paired", "pairing", anything);
    await play.write("paired", "pairing", "paired-3");
    await play.hear("paired", "pairing", anything);
    // Its answer comes after anything that the earlier messages could still have caused.
    await play.write("paired", "pairing", "paired-4");
    await play.hear("paired", "pairing", anything);

    expect(challenge).toContain("access not configured");
    expect(challenge).toContain(paired.id);
    expect(notice).not.toContain("access not configured");
    expect(play.heard("paired", "pairing")).toEqual([
      challenge,
      notice,
      "answer to paired-3",
      "answer to paired-4",
    ]);
    expect(gossip.turnsAbout("unknown-")).toEqual([]);
    expect(gossip.turnsAbout("paired-3")).toHaveLength(1);
    expect(gossip.turnsAbout("paired-4")).toHaveLength(1);
  });

  it("pairing: approvals that are guessed, of another account, or used before let nobody in", async () => {
    const { removed } = people;
    await play.write("removed", "pairing", "guess-1");
    await play.hear("removed", "pairing", isCode);
    const requestId = await findRequest(removed.id);
    const attempts = [
      ...Array.from({ length: WRONG_APPROVALS }, () => ({ requestId: randomUUID() })),
      { requestId, accountId: "allowlist" },
      { requestId, accountId: "open" },
      { requestId, channel: "telegram" },
      { requestId: `${requestId}0` },
      { requestId: requestId.slice(0, -1) },
    ];
    for (const attempt of attempts) {
      const params = { channel: "gossip", accountId: "default", ...attempt };
      await expect(gossip.gateway.call("channels.pairing.approve", params)).rejects.toMatchObject(
        REFUSED,
      );
    }
    await expect(findRequest(removed.id)).resolves.toBe(requestId);
    // Approved as early as can be: it may be read after the approval, and is not answered all the same.
    await play.write("removed", "pairing", "guess-2");
    await approve(removed.id);
    const used = { channel: "gossip", accountId: "default", requestId };
    await expect(gossip.gateway.call("channels.pairing.approve", used)).rejects.toMatchObject(
      REFUSED,
    );
    await play.write("removed", "allowlist", "admitted-1");
    await play.hear("removed", "allowlist", (text) => text === "answer to admitted-1");
    await play.hear("removed", "pairing", (text) => !isCode(text));
    await play.write("removed", "pairing", "admitted-2");
    await play.hear("removed", "pairing", (text) => text === "answer to admitted-2");
    expect(gossip.turnsAbout("guess-")).toEqual([]);
  });

  it(
    "answers within 15 seconds of waking up what was written while the gateway stood still and its clock moved on by ten hours",
    async () => {
      await play.write("listed", "open", "awake-1");
      await play.hear("listed", "open", (text) => text === "answer to awake-1");
      await play.write("unknown", "open", "awake-2");
      await play.hear("unknown", "open", (text) => text === "answer to awake-2");
      const before = await readStarts();
      const group = -gossip.gateway.pid;
      process.kill(group, "SIGSTOP");
      try {
        await play.write("listed", "open", "asleep-2");
        await play.write("unknown", "open", "asleep-3");
        // Longer than what the client takes for a slow second; a stopped process tells nothing to wait for.
        await sleep(STOPPED_MS);
        // Ten hours went by for everybody: a clock that is a minute ahead of its reader's ends a session.
        gossip.setClocksAhead(SLEPT_MS);
      } finally {
        process.kill(group, "SIGCONT");
      }
      await Promise.all([
        play.hear("listed", "open", (text) => text === "answer to asleep-2", WAKE_LIMIT_MS),
        play.hear("unknown", "open", (text) => text === "answer to asleep-3", WAKE_LIMIT_MS),
      ]);
      const after = await untilStartedAfter(before);
      // The gateway's own word for the hour.
      for (const [index, start] of after.entries())
        expect(Number(start) - Number(before[index])).toBeGreaterThan(SLEPT_MS);
      // Nothing is answered again by the channels that were started anew.
      await Promise.all([
        play.write("listed", "open", "awake-4"),
        play.write("unknown", "open", "awake-5"),
      ]);
      await Promise.all([
        play.hear("listed", "open", (text) => text === "answer to awake-4"),
        play.hear("unknown", "open", (text) => text === "answer to awake-5"),
      ]);
      expect(gossip.turnsAbout("asleep-2")).toHaveLength(1);
      expect(gossip.turnsAbout("asleep-3")).toHaveLength(1);
      const answers = ["asleep-2", "asleep-3"].map((word) => `answer to ${word}`);
      const heard = [...play.heard("listed", "open"), ...play.heard("unknown", "open")];
      expect(heard.filter((text) => answers.includes(text)).toSorted()).toEqual(answers);
    },
    300_000 + STOPPED_MS,
  );

  it("everybody gets what the table says, the next message after a removal included", async () => {
    // Off the approvals and off the list of the other account, in one command and without a restart. It says what it cannot do.
    const remove = ["gossip", "contacts", "remove", people.removed.id];
    const { exitCode, stdout } = await runOpenclaw(gossip.host, remove, { check: false });
    expect(exitCode).toBe(1);
    expect(stdout).toContain("But account open is open to everybody.");
    await untilListed("allowlist", people.removed.id, false);
    // Both conversations ended: what is written there now is read by nobody, so a new request begins them again.
    play.forget("removed", "pairing");
    play.forget("removed", "allowlist");
    const since = play.countHeard();
    await play.writeAll("live");
    await play.settle("live");
    expect(play.read("live", since)).toEqual(TABLE.live);
  });

  it("what was written while the accounts were stopped gets what the table says", async () => {
    const since = play.countHeard();
    await callEach("channels.stop");
    await play.writeAll("backlog");
    expect(gossip.turnsAbout("backlog-")).toEqual([]);
    await callEach("channels.start");
    await play.settle("backlog");
    expect(play.read("backlog", since)).toEqual(TABLE.backlog);
    expect(gossip.turnsAbout("-disabled-")).toEqual([]);
  });

  it("the next message goes by the policy that an account was changed to, without a restart", async () => {
    const before = await readStarts();
    gossip.host.editConfig(changePolicies);
    await Promise.all(
      ACCOUNTS.map((account) =>
        pollUntil(
          () => play.readStatus(account),
          ({ dmPolicy }) => dmPolicy === CHANGED_POLICY[account],
          WAIT_MS,
          "the new policy in the running account",
        ),
      ),
    );
    play.isClosedDoorOpen = true;
    // Who was approved for one account is a stranger to another.
    await play.write("paired", "allowlist", "knock-1");
    await play.hear("paired", "allowlist", isCode);
    await approve(people.paired.id, "allowlist");
    await play.hear("paired", "allowlist", (text) => !isCode(text));

    const since = play.countHeard();
    await play.writeAll("changed");
    await play.settle("changed");
    expect(play.read("changed", since)).toEqual(TABLE.changed);
    await expect(readStarts()).resolves.toEqual(before);
    // What was written at a closed door waited with its writer, and is answered once.
    for (const sender of SENDERS) {
      const ofSender = [wordOf("live", "disabled", sender), wordOf("backlog", "disabled", sender)];
      for (const word of ofSender) expect(gossip.turnsAbout(word)).toHaveLength(1);
    }
  });

  it("reaches for nothing of Gossip beyond this machine", () => {
    const destinations = gossip.host.refusedConnections().join("\n");
    expect(destinations).not.toMatch(/gossip/i);
  });
});

async function callEach(method: "channels.start" | "channels.stop"): Promise<void> {
  await Promise.all(
    ACCOUNTS.map((account) =>
      gossip.gateway.call(method, { channel: "gossip", accountId: idOf(account) }),
    ),
  );
}

/** When each account was last started. */
async function readStarts(): Promise<unknown[]> {
  return await Promise.all(
    ACCOUNTS.map(async (account) => (await play.readStatus(account))["lastStartAt"]),
  );
}

/** Meanwhile the host refuses calls. */
async function untilStartedAfter(before: readonly unknown[]): Promise<readonly unknown[]> {
  return await pollUntil<readonly unknown[]>(
    () => readStarts().catch(() => before),
    (starts) => starts.every((start, index) => start !== before[index]),
    HOST_RECOVERS_MS,
    "every account started again by the host",
  );
}

async function untilListed(account: Account, senderId: string, isThere: boolean): Promise<void> {
  await pollUntil(
    () => play.readStatus(account),
    ({ allowFrom }) => Array.isArray(allowFrom) && allowFrom.includes(senderId) === isThere,
    WAIT_MS,
    "the new allowlist in the running account",
  );
}

function changePolicies(config: JsonObject): JsonObject {
  const changed = structuredClone(config);
  const { channels } = changed;
  const section = isJsonObject(channels) ? channels["gossip"] : undefined;
  const accounts = isJsonObject(section) ? section["accounts"] : undefined;
  if (!isJsonObject(section) || !isJsonObject(accounts)) throw new TypeError("channels.gossip");
  section["dmPolicy"] = CHANGED_POLICY.pairing;
  const listed = [people.listed.id];
  accounts["allowlist"] = { dmPolicy: CHANGED_POLICY.allowlist, allowFrom: listed };
  accounts["open"] = { dmPolicy: CHANGED_POLICY.open, allowFrom: listed };
  accounts["disabled"] = { dmPolicy: CHANGED_POLICY.disabled, allowFrom: ["*"] };
  return changed;
}
