// Facts against the host's real routing, access decision and context builder. Running the agent is the host's and
// faked here; test/host carries messages through a real gateway.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { bech32 } from "@scure/base";
import {
  createPairingDesk,
  createRevocationWatch,
  type PairingDeskOptions,
  type RevocationWatch,
} from "channel-access";
import type { TurnOptions } from "channel-durability";
import { createNoticeLimit } from "channel-kit";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import {
  buildChannelInboundEventContext,
  type BuildChannelInboundEventContextParams,
} from "openclaw/plugin-sdk/channel-inbound";
import { resolveStableChannelMessageIngress } from "openclaw/plugin-sdk/channel-ingress-runtime";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createGossipGate } from "./gate.ts";
import type { InboundFacts } from "./inbound.ts";
import { createInboundHandler, type InboundHandlerOptions } from "./inbound-handler.ts";

const ALICE = bech32.encode("gossip", bech32.toWords(new Uint8Array(32).fill(1)));
const ARRIVED_AT_MS = 1_700_000_000_000;
const HEX = "000102030405060708090a0b";

let stateDir = "";
let section: Record<string, unknown> = {};
let turns: BuildChannelInboundEventContextParams[] = [];
let sent: { queueId: string; to: string; text: string; purpose: string }[] = [];
let events: string[] = [];
let trusted: string[] = [];
let approvals: () => Promise<string[]> = () => Promise.resolve([]);
let openRequests = new Set<string>();
let revocations: RevocationWatch;
/** Signals of the turns, in order. */
let signals: (AbortSignal | undefined)[] = [];
/** Who waits, and from when on such a sender is heard. */
let waiting = new Map<string, number>();

const lifecycle: TurnOptions["lifecycle"] = {
  admission: "exclusive",
  abortSignal: new AbortController().signal,
  onAdopted: () => {},
  onDeferred: () => {},
  onAdoptionFinalizing: () => {},
  onAbandoned: () => {},
};

const turnRuntime: TurnOptions["runtime"] = {
  inbound: {
    buildContext: (params) => buildChannelInboundEventContext(params),
    run: async (params) => {
      const ingested = await params.adapter.ingest(params.raw);
      if (ingested === null) throw new Error("nothing ingested");
      const eventClass = { kind: "message", canStartAgentTurn: true } as const;
      const turn = await params.adapter.resolveTurn(ingested, eventClass, {});
      signals.push("replyOptions" in turn ? turn.replyOptions?.abortSignal : undefined);
      await whileRunning();
      return { dispatched: true, admission: { kind: "dispatch" } };
    },
  },
};

let whileRunning: () => Promise<void> = () => Promise.resolve();

const pairing: PairingDeskOptions["runtime"]["pairing"] = {
  upsertPairingRequest: async (request) => {
    const id = String(request.id);
    const created = !openRequests.has(id);
    openRequests.add(id);
    return { code: "ABCD2345", created };
  },
};

const readConfig = (): OpenClawConfig => ({ channels: { gossip: section } });

const waitingSenders: PairingDeskOptions["waiting"] = {
  add: (senderId) => {
    waiting.set(senderId, Infinity);
    return { senderId, noticeId: "notice" };
  },
  list: () => [...waiting.keys()].map((senderId) => ({ senderId, noticeId: "notice" })),
  markRead: (senderId) => waiting.set(senderId, ARRIVED_AT_MS),
  endWait: () => true,
  wroteWhileWaiting: (senderId, arrivedAtMs) => arrivedAtMs <= (waiting.get(senderId) ?? 0),
};

function createHandler() {
  const gate = createGossipGate({
    accountId: "default",
    runtime: { inbound: { ingress: { resolveStable: resolveStableChannelMessageIngress } } },
    readConfig,
    readApproved: () => approvals(),
  });
  revocations = createRevocationWatch({ isAdmitted: (senderId) => gate.isAdmitted(senderId) });
  const options: InboundHandlerOptions = {
    accountId: "default",
    gate,
    notices: createNoticeLimit(),
    revocations,
    desk: createPairingDesk({
      channelId: "gossip",
      accountId: "default",
      runtime: { pairing },
      waiting: waitingSenders,
    }),
    waiting: waitingSenders,
    outbox: {
      send: async ({ queueId, body }) => {
        const text = "signal" in body ? body.signal : body.text;
        sent.push({ queueId, to: body.to, text, purpose: body.purpose });
        return { nativeId: HEX, isReplay: false };
      },
      sendBestEffort: async () => ({ nativeId: HEX }),
      find: () => [],
    },
    turnRuntime: {
      inbound: {
        ...turnRuntime.inbound,
        buildContext: (params) => {
          turns.push(params);
          return turnRuntime.inbound.buildContext(params);
        },
      },
    },
    system: {
      enqueueSystemEvent: (text) => {
        events.push(text);
        return true;
      },
    },
    trust: (userId) => trusted.push(userId),
    readConfig,
    onError: (error) => {
      throw error;
    },
  };
  const handler = createInboundHandler(options);
  return async (...facts: [InboundFacts, ...InboundFacts[]]) => {
    const verdicts = [];
    for (const one of facts) verdicts.push(await handler.judge(one));
    if (verdicts.every((verdict) => verdict === "turn")) await handler.runTurn(facts, lifecycle);
  };
}

function message(fields: Partial<Extract<InboundFacts, { kind: "message" }>> = {}): InboundFacts {
  return {
    kind: "message",
    key: "k",
    peer: ALICE,
    sentAtMs: 1000,
    arrivedAtMs: ARRIVED_AT_MS,
    messageId: HEX,
    text: "hello",
    ...fields,
  };
}

const reaction: InboundFacts = {
  kind: "reaction",
  key: "r",
  peer: ALICE,
  sentAtMs: 0,
  arrivedAtMs: ARRIVED_AT_MS,
  targetId: HEX,
  emoji: "👍",
  removed: false,
};

beforeEach(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), "gossip-handler-"));
  vi.stubEnv("OPENCLAW_STATE_DIR", stateDir);
  section = { enabled: true };
  turns = [];
  sent = [];
  events = [];
  signals = [];
  whileRunning = () => Promise.resolve();
  trusted = [];
  openRequests = new Set();
  waiting = new Map();
  approvals = () => Promise.resolve([]);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(stateDir, { recursive: true, force: true });
});

describe("an unknown sender under pairing", () => {
  it("gets one code for any number of messages, and the agent gets nothing", async () => {
    const handle = createHandler();
    await handle(message());
    await handle(message({ key: "k2" }));
    expect(turns).toEqual([]);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ to: ALICE, purpose: "pairing", queueId: expect.any(String) });
    expect(sent[0]?.text).toContain("ABCD2345");
    expect(sent[0]?.text).toContain(`Your Gossip user id: ${ALICE}`);
    expect(trusted).toEqual([]);
  });

  it("gets the code for a contact request without a text too", async () => {
    await createHandler()({
      kind: "contact",
      key: "c",
      peer: ALICE,
      sentAtMs: 0,
      arrivedAtMs: ARRIVED_AT_MS,
      name: "Eve",
    });
    expect(sent).toHaveLength(1);
    expect(turns).toEqual([]);
  });

  it("gets no code and leaves no trace for a reaction", async () => {
    await createHandler()(reaction);
    expect([sent, turns, events]).toEqual([[], [], []]);
  });

  it("is let in by an approval, from the next message after the notice on", async () => {
    const handle = createHandler();
    await handle(message());
    approvals = () => Promise.resolve([ALICE]);
    await handle(message({ key: "k2", text: "not told yet" }));
    await handle(reaction);
    waitingSenders.markRead(ALICE);
    await handle(message({ key: "k3", text: "written before, looked at after" }));
    await handle(message({ key: "k4", text: "again", arrivedAtMs: ARRIVED_AT_MS + 1 }));
    expect(events).toEqual([]);
    expect(turns.map(({ message: { rawBody } }) => rawBody)).toEqual(["again"]);
    expect(trusted).toEqual([ALICE]);
  });
});

describe("whom only an open policy lets in", () => {
  it("is answered, and not kept for it, unlike somebody on the list", async () => {
    const bob = bech32.encode("gossip", bech32.toWords(new Uint8Array(32).fill(2)));
    section = { enabled: true, dmPolicy: "open", allowFrom: ["*", bob] };
    const handle = createHandler();
    await handle(message());
    await handle(message({ peer: bob, key: "k2" }));
    expect(turns.map(({ sender }) => sender.id)).toEqual([ALICE, bob]);
    expect(trusted).toEqual([bob]);
  });
});

describe("an allowed sender", () => {
  beforeEach(() => {
    section = { enabled: true, dmPolicy: "allowlist", allowFrom: [ALICE] };
  });

  it("reaches the agent with text, ids and a way back", async () => {
    await createHandler()(message({ replyToId: HEX }));
    expect(turns).toHaveLength(1);
    expect(turns[0]).toMatchObject({
      channel: "gossip",
      messageId: HEX,
      sender: { id: ALICE },
      conversation: { kind: "direct", id: ALICE },
      reply: { to: `gossip:${ALICE}`, replyToId: HEX },
      message: { rawBody: "hello", commandBody: "hello" },
    });
  });

  it("cannot run commands through a forwarded text, whose author stays a claim", async () => {
    const forwarded = { text: "/config set everything", author: "gossip1owner" };
    await createHandler()(message({ text: "", forwarded }));
    const shown = turns[0];
    expect(JSON.stringify(shown?.message)).not.toContain("/config");
    expect(shown?.supplemental?.channelStructuredContext?.[0]?.payload).toEqual({
      author_claimed_by_sender: "gossip1owner",
      author_verified: false,
      text: "/config set everything",
    });
  });

  it("is heard with a reaction at the agent's next turn, and starts none", async () => {
    await createHandler()(reaction);
    expect(events).toEqual([expect.stringMatching(/^Gossip user gossip1.* reacted 👍 to message/)]);
    expect(turns).toEqual([]);
  });

  it("reaches the agent with several messages as one turn, in order, under the newest id", async () => {
    const forwarded = { text: "theirs", author: "gossip1x" };
    await createHandler()(
      message({ text: "one", messageId: "aaaaaaaaaaaaaaaaaaaaaaaa", replyToId: HEX }),
      message({ text: "", forwarded, messageId: "bbbbbbbbbbbbbbbbbbbbbbbb" }),
      message({ text: "three", messageId: "cccccccccccccccccccccccc" }),
    );
    expect(turns).toHaveLength(1);
    expect(turns[0]).toMatchObject({
      messageId: "cccccccccccccccccccccccc",
      reply: { replyToId: HEX },
      message: { rawBody: "one\n(forwarded a message)\nthree" },
    });
    expect(turns[0]?.supplemental?.channelStructuredContext).toHaveLength(1);
  });

  it("cannot fill the agent's context with reactions: nineteen are shown per turn, the others counted", async () => {
    const handle = createHandler();
    for (let i = 0; i < 1000; i += 1) await handle({ ...reaction, key: `r${i}` });
    expect(events).toHaveLength(19);
    await handle(message());
    expect(events).toHaveLength(20);
    expect(events.at(-1)).toContain("981 more reactions, edits or deletions");
  });

  it("loses the turn that runs when he is taken off the list", async () => {
    whileRunning = async () => {
      await revocations.checkNow();
      expect(signals.at(-1)?.aborted).toBe(false);
      section = { enabled: true, dmPolicy: "disabled" };
      await revocations.checkNow();
    };
    await createHandler()(message());
    expect(signals.at(-1)?.aborted).toBe(true);
  });

  it("has no effect any more once he is taken off the list", async () => {
    const handle = createHandler();
    await handle(message());
    section = { enabled: true, dmPolicy: "disabled" };
    await handle(message({ key: "k2" }));
    await handle(reaction);
    expect(turns).toHaveLength(1);
    expect(sent.filter(({ text }) => text !== "reaction")).toEqual([]);
    expect(events).toEqual([]);
  });

  it("sees at once that the message was read, unless the operator switched that off", async () => {
    await createHandler()(message());
    await vi.waitFor(() => expect(sent).toHaveLength(1), 20_000);
    expect(sent[0]).toMatchObject({ to: ALICE, text: "reaction", purpose: "message" });
    section = { ...section, ackReaction: "" };
    await createHandler()(message({ key: "k2" }));
    expect(sent).toHaveLength(1);
    expect(turns).toHaveLength(2);
  });
});

describe("trust, which keeps a conversation for good", () => {
  it("comes with a message of somebody whom the operator let in, and with no other fact", async () => {
    section = { enabled: true, dmPolicy: "allowlist", allowFrom: [ALICE] };
    const handle = createHandler();
    await handle(reaction);
    await handle({
      kind: "contact",
      key: "c",
      peer: ALICE,
      sentAtMs: 0,
      arrivedAtMs: ARRIVED_AT_MS,
    });
    expect(trusted).toEqual([]);
    await handle(message());
    expect(trusted).toEqual([ALICE]);
  });
});

it("tries a message again when the approvals cannot be read", async () => {
  approvals = () => Promise.reject(new Error("locked"));
  await expect(createHandler()(message())).rejects.toMatchObject({ code: "undecidable" });
  expect([turns, sent]).toEqual([[], []]);
});
