import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mergeJson, pollUntil, startGateway, type Gateway } from "channel-testing";
import { generateMnemonic } from "convos-node-sdk";
import {
  ACCOUNTS,
  CHANGED_POLICY,
  idOf,
  isCode,
  TABLE_WITH_OWNER,
  type Account,
  type Sender,
} from "../support/access-table.ts";
import { prepareConvosHost, type ConvosHost } from "../support/convos-host.ts";
import { Circle, WAIT_MS, type CircleMember } from "./support/convos-circle.ts";
import { DirectPlay, makeAgent } from "./support/direct-play.ts";
import { approvePairing, findPairingRequest } from "./support/pairing-requests.ts";

const WRONG_APPROVALS = 10;
const REFUSED = { code: "rpc_failed" };
const PAIRING_ACCOUNT = { channel: "convos", accountId: "default" };
/** Words that people write; the prompt names the model too. */
const WORD = /\b(?!scripted)[a-z]+(?:-[a-z]+)*-\d\b/g;
const isAdmission = (text: string): boolean => text.includes("You're in");

let convos: ConvosHost;
/** One gateway, one account for each policy: a start of the gateway costs more than all these tests. */
let gateway: Gateway;
let circle: Circle;
let people: Record<Sender, CircleMember>;
let play: DirectPlay;

beforeAll(async () => {
  circle = new Circle();
  convos = await prepareConvosHost({
    reply: ({ lastUserText }) => `answer to ${lastUserText.match(WORD)?.join(" ")}`,
    section: async (net) => {
      const [owner, paired, listed, unknown, removed] = await Promise.all([
        circle.member(net.node.url),
        circle.member(net.node.url),
        circle.member(net.node.url),
        circle.member(net.node.url),
        circle.member(net.node.url),
      ]);
      people = { owner, paired, listed, unknown, removed };
      const mnemonic = generateMnemonic;
      return {
        enabled: true,
        env: "local",
        apiUrl: net.node.url,
        mnemonic: mnemonic(),
        allowFrom: [listed.inboxId],
        accounts: {
          allowlist: {
            mnemonic: mnemonic(),
            dmPolicy: "allowlist",
            allowFrom: [listed.inboxId.toUpperCase(), `convos:${removed.inboxId}`],
          },
          open: { mnemonic: mnemonic(), dmPolicy: "open", allowFrom: ["*"] },
          disabled: { mnemonic: mnemonic(), dmPolicy: "disabled" },
        },
      };
    },
    owners: () => [`convos:${people.owner.inboxId}`],
    // Everybody writes to every account at once: these are conversations of their own.
    config: () => ({ session: { dmScope: "per-account-channel-peer" } }),
    usesCliPort: false,
  });
  gateway = await startGateway(convos.host);
  const agents = {
    pairing: await makeAgent(gateway, "pairing"),
    allowlist: await makeAgent(gateway, "allowlist"),
    open: await makeAgent(gateway, "open"),
    disabled: await makeAgent(gateway, "disabled"),
  };
  play = new DirectPlay(convos, gateway, people, agents);
  const { conversationId, inboxId } = agents.pairing;
  const invite = await gateway.call("convos.invite", { conversationId, singleUse: true });
  await people.owner.join(urlOf(invite), inboxId, conversationId);
}, 600_000);
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await circle?.[Symbol.asyncDispose]();
  await convos?.[Symbol.asyncDispose]();
});

describe("who may write directly to a Convos agent, with the real host", () => {
  it("pairing: an unknown sender gets one code and no turn; approved, a word about it and one answer per message", async () => {
    const { paired } = people;
    await play.write("paired", "pairing", "unknown-1");
    const challenge = await play.hear("paired", "pairing", isCode);
    await play.write("paired", "pairing", "unknown-2");
    await play.untilDealtWith("pairing");
    await approvePairing(gateway, PAIRING_ACCOUNT, paired.inboxId);
    const notice = await play.hear("paired", "pairing", isAdmission);
    await play.write("paired", "pairing", "paired-3");
    await play.hear("paired", "pairing", (text) => text === "answer to paired-3");

    expect(challenge).toContain(paired.inboxId);
    expect(await play.heard("paired", "pairing")).toEqual([
      challenge,
      notice,
      "answer to paired-3",
    ]);
    expect(convos.turnsAbout("unknown-")).toEqual([]);
    expect(convos.turnsAbout("paired-3")).toHaveLength(1);
  });

  it("pairing: approvals that are guessed, of another account, or used before let nobody in", async () => {
    const { removed } = people;
    await play.write("removed", "pairing", "guess-1");
    await play.hear("removed", "pairing", isCode);
    const requestId = await findPairingRequest(gateway, PAIRING_ACCOUNT, removed.inboxId);
    const attempts = [
      ...Array.from({ length: WRONG_APPROVALS }, () => ({ requestId: randomUUID() })),
      { requestId, accountId: "allowlist" },
      { requestId, channel: "gossip" },
      { requestId: `${requestId}0` },
    ];
    for (const attempt of attempts) {
      const params = { ...PAIRING_ACCOUNT, ...attempt };
      await expect(gateway.call("channels.pairing.approve", params)).rejects.toMatchObject(REFUSED);
    }
    await approvePairing(gateway, PAIRING_ACCOUNT, removed.inboxId);
    const used = { ...PAIRING_ACCOUNT, requestId };
    await expect(gateway.call("channels.pairing.approve", used)).rejects.toMatchObject(REFUSED);
    await play.hear("removed", "pairing", isAdmission);
    for (const account of ["pairing", "allowlist"] as const) {
      await play.write("removed", account, `admitted-${account}-2`);
      const answer = `answer to admitted-${account}-2`;
      await play.hear("removed", account, (text) => text === answer);
    }
    expect(convos.turnsAbout("guess-")).toEqual([]);
  });

  it("everybody gets what the table says, the next message after a removal included", async () => {
    const { listed, removed } = people;
    // By the owner's word in his conversation, which takes the approval back; and by an edit of the list.
    await play.tellDesk(`OpenClaw: remove ${removed.inboxId}`, /I don't hear/);
    const allowlist = { allowFrom: [listed.inboxId.toUpperCase()] };
    convos.host.editConfig((config) =>
      mergeJson(config, { channels: { convos: { accounts: { allowlist } } } }),
    );
    await pollUntil(
      () => play.readStatus("allowlist"),
      ({ allowFrom }) => Array.isArray(allowFrom) && allowFrom.length === 1,
      WAIT_MS,
      "the new allowlist in the running account",
    );
    const since = await play.listenToAll();
    await play.writeAll("live");
    expect(await play.settle("live", since)).toEqual(TABLE_WITH_OWNER.live);
  });

  it("what was written while the accounts were stopped gets what the table says", async () => {
    const since = await play.listenToAll();
    await callEach("channels.stop");
    await play.writeAll("backlog");
    expect(convos.turnsAbout("backlog-")).toEqual([]);
    await callEach("channels.start");
    expect(await play.settle("backlog", since)).toEqual(TABLE_WITH_OWNER.backlog);
    expect(convos.turnsAbout("-disabled-")).toEqual([]);
  });

  it("the next message goes by the policy that an account was changed to, without a restart", async () => {
    const before = await Promise.all(ACCOUNTS.map(readStartAt));
    convos.host.editConfig((config) => mergeJson(config, { channels: { convos: changed() } }));
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
    // Who was approved for one account is a stranger to another.
    await play.write("paired", "allowlist", "knock-1");
    await play.hear("paired", "allowlist", isCode);
    const account = { channel: "convos", accountId: "allowlist" };
    await approvePairing(gateway, account, people.paired.inboxId);
    await play.hear("paired", "allowlist", isAdmission);

    const since = await play.listenToAll();
    await play.writeAll("changed");
    expect(await play.settle("changed", since)).toEqual(TABLE_WITH_OWNER.changed);
    await expect(Promise.all(ACCOUNTS.map(readStartAt))).resolves.toEqual(before);
    // What was written at a closed door is gone: nobody is answered about it once the door opens.
    expect(convos.turnsAbout("live-disabled-")).toEqual([]);
    expect(convos.turnsAbout("backlog-disabled-")).toEqual([]);
  });

  it("never answers itself, and reaches for no XMTP node beyond this machine", () => {
    expect(convos.turnsAbout("answer to")).toEqual([]);
    expect(convos.host.refusedConnections().join("\n")).not.toMatch(/xmtp|convos/i);
  });
});

/** The section's own policy stands for the account with the pairing policy. */
function changed() {
  const listed = [people.listed.inboxId];
  return {
    dmPolicy: CHANGED_POLICY.pairing,
    accounts: {
      allowlist: { dmPolicy: CHANGED_POLICY.allowlist, allowFrom: listed },
      open: { dmPolicy: CHANGED_POLICY.open, allowFrom: listed },
      disabled: { dmPolicy: CHANGED_POLICY.disabled, allowFrom: ["*"] },
    },
  };
}

async function callEach(method: "channels.start" | "channels.stop"): Promise<void> {
  await Promise.all(
    ACCOUNTS.map((account) =>
      gateway.call(method, { channel: "convos", accountId: idOf(account) }),
    ),
  );
}

async function readStartAt(account: Account): Promise<unknown> {
  return (await play.readStatus(account))["lastStartAt"];
}

function urlOf(answer: unknown): string {
  const isInvite = typeof answer === "object" && answer !== null && "url" in answer;
  if (!isInvite || typeof answer.url !== "string") {
    throw new TypeError(`test: ${JSON.stringify(answer)}`);
  }
  return answer.url;
}
