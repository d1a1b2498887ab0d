import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject, pollUntil } from "channel-testing";
import type { JsonObject } from "channel-testing";
import { parseUserId } from "gossip-sdk";
import type { GossipUserId } from "gossip-sdk";
import type { GossipPerson } from "../../scripts/start/gossip-person.ts";
import { startGossipHost } from "../support/gossip-host.ts";
import type { GossipHost } from "../support/gossip-host.ts";

const WAIT_MS = 60_000;
const WRONG_APPROVALS = 300;
const REFUSED = { code: "rpc_failed" };
const STOPPED_MS = 12_000;
const WAKE_LIMIT_MS = 15_000;

let gossip: GossipHost;
let alice: GossipPerson;
let bob: GossipPerson;
/** One gateway, one account for each policy: a start of the gateway costs more than all these tests. */
let bots: Record<"pairing" | "listed" | "open" | "closed", GossipUserId>;

beforeAll(async () => {
  gossip = await startGossipHost({
    async section(network) {
      [alice, bob] = await Promise.all([network.openPerson("alice"), network.openPerson("bob")]);
      return {
        enabled: true,
        accounts: {
          listed: { dmPolicy: "allowlist", allowFrom: [alice.id.toUpperCase()] },
          open: { dmPolicy: "open", allowFrom: ["*"] },
          closed: { dmPolicy: "disabled" },
        },
      };
    },
    reply: ({ lastUserText }) => `answer to ${/\b\w+-\d\b/.exec(lastUserText)?.[0]}`,
  });
  const find = (account: string): Promise<GossipUserId> =>
    gossip.network.findBot(gossip.gateway, account, WAIT_MS);
  bots = {
    pairing: await find("default"),
    listed: await find("listed"),
    open: await find("open"),
    closed: await find("closed"),
  };
});
afterAll(async () => {
  await gossip[Symbol.asyncDispose]();
});

const anything = (): boolean => true;

/** Everything that `person` heard from `bot`. */
function heard(person: GossipPerson, bot: GossipUserId): string[] {
  return person.inbox.received.filter(({ from }) => from === bot).map(({ text }) => text);
}

/** The account's part of `openclaw channels status`. */
async function readStatus(accountId: string): Promise<JsonObject> {
  const answer = await gossip.gateway.call("channels.status", { probe: false });
  const channels = isJsonObject(answer) ? answer["channelAccounts"] : undefined;
  const accounts = isJsonObject(channels) ? channels["gossip"] : undefined;
  const found = (Array.isArray(accounts) ? accounts : [])
    .filter(isJsonObject)
    .find((account) => account["accountId"] === accountId);
  return found ?? {};
}

async function findRequest(senderId: string): Promise<string> {
  const answer = await gossip.gateway.call("channels.pairing.list", { channel: "gossip" });
  const requests = isJsonObject(answer) ? answer["requests"] : undefined;
  const request = (Array.isArray(requests) ? requests : [])
    .filter(isJsonObject)
    .find((pending) => pending["senderId"] === senderId);
  const requestId = request?.["requestId"];
  if (typeof requestId !== "string") throw new TypeError("test: no pairing request");
  return requestId;
}

async function approve(senderId: string): Promise<void> {
  const requestId = await findRequest(senderId);
  const params = { channel: "gossip", accountId: "default", requestId };
  await gossip.gateway.call("channels.pairing.approve", params);
}

describe("who may write to a Gossip bot, with the real host", () => {
  it("pairing: an unknown sender gets one challenge and no turn; approved, each message gets one turn and one reply", async () => {
    await bob.say(bots.pairing, "unknown-1");
    const challenge = await bob.hear(bots.pairing, anything, WAIT_MS);
    // Approved as early as can be: it may be read after the approval, and is not answered all the same.
    await bob.say(bots.pairing, "unknown-2");
    await approve(bob.id);
    const notice = await bob.hear(bots.pairing, anything, WAIT_MS);
    await bob.say(bots.pairing, "paired-3");
    await bob.hear(bots.pairing, anything, WAIT_MS);
    // Its answer comes after anything that the earlier messages could still have caused.
    await bob.say(bots.pairing, "paired-4");
    await bob.hear(bots.pairing, anything, WAIT_MS);

    expect(challenge).toContain("access not configured");
    expect(challenge).toContain(bob.id);
    expect(heard(bob, bots.pairing)).toEqual([
      challenge,
      notice,
      "answer to paired-3",
      "answer to paired-4",
    ]);
    expect(gossip.turnsAbout("unknown-")).toEqual([]);
    expect(gossip.turnsAbout("paired-3")).toHaveLength(1);
    expect(gossip.turnsAbout("paired-4")).toHaveLength(1);
  });

  it("allowlist: a listed sender is answered, also when the list has the id in upper case", async () => {
    await alice.say(bots.listed, "listed-1");
    await expect(alice.hear(bots.listed, anything, WAIT_MS)).resolves.toBe("answer to listed-1");
    expect(gossip.turnsAbout("listed-1")).toHaveLength(1);
  });

  it("allowlist: others get nothing, until the list names them, without a restart", async () => {
    await bob.say(bots.listed, "blocked-1");
    await gossip.gateway.log.waitFor("[listed] gossip: drop dm_policy_not_allowlisted", {
      timeoutMs: WAIT_MS,
    });
    const beforeSecondMs = Date.now();
    await bob.say(bots.listed, "blocked-2");
    // Messages arrive in their order: whatever came in since then, the first one was there.
    const before = await pollUntil(
      () => readStatus("listed"),
      ({ lastInboundAt }) => Number(lastInboundAt) > beforeSecondMs,
      WAIT_MS,
      "a message to the account with the allowlist",
    );

    gossip.host.editConfig((config) => allow(config, "listed", bob.id));
    await pollUntil(
      () => readStatus("listed"),
      ({ allowFrom }) => Array.isArray(allowFrom) && allowFrom.includes(bob.id),
      WAIT_MS,
      "the new allowlist in the running account",
    );
    await bob.say(bots.listed, "allowed-3");
    await bob.hear(bots.listed, (text) => text === "answer to allowed-3", WAIT_MS);

    expect(heard(bob, bots.listed)).not.toContain("answer to blocked-1");
    expect(gossip.turnsAbout("blocked-1")).toEqual([]);
    const after = await readStatus("listed");
    expect(after["lastStartAt"]).toBe(before["lastStartAt"]);
  });

  it("open: anybody is answered", async () => {
    await bob.say(bots.open, "open-1");
    await expect(bob.hear(bots.open, anything, WAIT_MS)).resolves.toBe("answer to open-1");
    expect(gossip.turnsAbout("open-1")).toHaveLength(1);
  });

  it("disabled: no contact is accepted, nothing is answered", async () => {
    const closed = parseUserId(bots.closed);
    await alice.client.requestContact(closed);
    const { messageId } = await alice.client.send(closed, { type: "text", text: "closed-1" });
    await pollUntil(
      () => readStatus("closed"),
      ({ application }) => isJsonObject(application) && application["pendingRequests"] === 1,
      WAIT_MS,
      "the contact request at the closed account",
    );
    expect(alice.client.messageStatus(closed, messageId)).toBe("waiting_session");
    expect(heard(alice, bots.closed)).toEqual([]);
    expect(gossip.turnsAbout("closed-1")).toEqual([]);
  });

  it("pairing: approvals that are guessed, of another account, or used before let nobody in", async () => {
    await alice.say(bots.pairing, "guess-1");
    await alice.hear(bots.pairing, (text) => text.includes("access not configured"), WAIT_MS);
    const requestId = await findRequest(alice.id);
    const attempts = [
      ...Array.from({ length: WRONG_APPROVALS }, () => ({ requestId: randomUUID() })),
      { requestId, accountId: "listed" },
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
    await expect(findRequest(alice.id)).resolves.toBe(requestId);
    await approve(alice.id);
    const used = { channel: "gossip", accountId: "default", requestId };
    await expect(gossip.gateway.call("channels.pairing.approve", used)).rejects.toMatchObject(
      REFUSED,
    );
    expect(gossip.turnsAbout("guess-")).toEqual([]);
  }, 60_000);

  it("answers within 15 seconds of waking up what was written while the gateway stood still", async () => {
    await alice.say(bots.open, "awake-1");
    await alice.hear(bots.open, (text) => text === "answer to awake-1", WAIT_MS);
    const group = -gossip.gateway.pid;
    process.kill(group, "SIGSTOP");
    try {
      await alice.say(bots.open, "asleep-2");
      await bob.say(bots.open, "asleep-3");
      // Longer than what the client takes for a slow second; a stopped process tells nothing to wait for.
      await sleep(STOPPED_MS);
    } finally {
      process.kill(group, "SIGCONT");
    }
    await Promise.all([
      alice.hear(bots.open, (text) => text === "answer to asleep-2", WAKE_LIMIT_MS),
      bob.hear(bots.open, (text) => text === "answer to asleep-3", WAKE_LIMIT_MS),
    ]);
    expect(gossip.turnsAbout("asleep-2")).toHaveLength(1);
    expect(gossip.turnsAbout("asleep-3")).toHaveLength(1);
  }, 90_000);

  it("reaches for nothing of Gossip beyond this machine", () => {
    const destinations = gossip.host.refusedConnections().join("\n");
    expect(destinations).not.toMatch(/gossip/i);
  });
});

function allow(config: JsonObject, accountId: string, senderId: string): JsonObject {
  const changed = structuredClone(config);
  const { channels } = changed;
  const section = isJsonObject(channels) ? channels["gossip"] : undefined;
  const accounts = isJsonObject(section) ? section["accounts"] : undefined;
  const account = isJsonObject(accounts) ? accounts[accountId] : undefined;
  const list = isJsonObject(account) ? account["allowFrom"] : undefined;
  if (!Array.isArray(list)) throw new TypeError(`channels.gossip.accounts.${accountId}.allowFrom`);
  list.push(senderId);
  return changed;
}
