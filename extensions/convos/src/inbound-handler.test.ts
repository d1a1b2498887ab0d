import type { AccessDecision } from "channel-access";
import { createNoticeLimit } from "channel-kit";
import { beforeEach, describe, expect, it } from "vitest";
import { createFileCompany } from "./file-company.ts";
import type { InboundMessage } from "./inbound.ts";
import { createInboundHandler } from "./inbound-handler.ts";

const BOB = "b2".repeat(32);

let kind: AccessDecision["kind"];
let isAdmitted: boolean;
let isTooEarly: boolean;
let loaded: string[][];
let told: string[];
let handler: ReturnType<typeof createInboundHandler>;

const unused = (): never => {
  throw new TypeError("not part of these tests");
};

function picture(id: string): InboundMessage {
  return {
    kind: "message",
    key: id,
    conversationId: "0b".repeat(16),
    senderId: BOB,
    sentAtMs: 1,
    arrivedAtMs: 2,
    messageId: id.repeat(64),
    text: "",
    files: [{ kind: "inline" }],
  };
}

const words = (id: string): InboundMessage => {
  const { files: _none, ...said } = picture(id);
  return { ...said, text: "OpenClaw, look" };
};

const lifecycle = {
  abortSignal: new AbortController().signal,
  admission: "exclusive",
  onAdopted: async () => undefined,
  onAdoptionFinalizing: () => undefined,
  onDeferred: () => undefined,
  onAbandoned: async () => undefined,
} as const;

/** The host's turn ends before it begins: what matters here comes before it. */
async function turn(message: InboundMessage): Promise<void> {
  await handler.runTurn([message], lifecycle).catch(() => undefined);
}

beforeEach(() => {
  kind = "allow";
  isAdmitted = true;
  isTooEarly = false;
  loaded = [];
  told = [];
  handler = createInboundHandler({
    accountId: "default",
    gate: {
      decide: async () =>
        kind === "allow"
          ? { kind, isCommandAuthorized: false }
          : { kind: "skip", reason: "activation_skipped" },
      isAdmitted: async () => isAdmitted,
      isAsking: unused,
      bind: async () => undefined,
      mayResend: unused,
      isOwner: () => true,
      lacksOwner: async () => false,
    },
    outbox: { find: () => [], send: unused, sendBestEffort: unused },
    turnRuntime: { inbound: { buildContext: unused, run: unused } },
    system: { enqueueSystemEvent: unused },
    notices: createNoticeLimit(),
    revocations: {
      watch: () => ({ signal: new AbortController().signal, [Symbol.dispose]: () => undefined }),
    },
    members: { isAgent: async () => false, nameOf: async () => undefined },
    devices: { look: async () => undefined },
    desk: {
      takes: async () => false,
      noteAsking: unused,
      isTooEarly: () => isTooEarly,
      tellOwner: async ({ about }) => void told.push(about),
    },
    agentTurns: { take: () => true },
    askers: { note: () => undefined },
    growth: { threadOf: () => undefined },
    passDirect: unused,
    loadFiles: async (messages) => {
      loaded.push(messages.map(({ key }) => key));
      return { media: [], notices: [] };
    },
    company: createFileCompany(() => 0),
    presenceFor: () => ({ start: unused, onStartError: unused }),
    tellNoOwner: unused,
    forgetInvites: async ({ conversationId }) => void told.push(`forgotten ${conversationId}`),
    readConfig: () => ({}),
    onError: () => undefined,
  });
});

describe("files of a turn", () => {
  it("are opened for somebody who is heard, and those from just before with them", async () => {
    kind = "skip";
    await expect(handler.judge(picture("1"))).resolves.toBe("done");
    kind = "allow";
    await expect(handler.judge(words("2"))).resolves.toBe("turn");
    await turn(words("2"));
    expect(loaded).toEqual([["1", "2"]]);
  });

  it("are not touched when their sender lost access while his message waited", async () => {
    await expect(handler.judge(picture("1"))).resolves.toBe("turn");
    isAdmitted = false;
    await turn(picture("1"));
    expect(loaded).toEqual([]);
  });

  it("do not go along when they were sent before their sender was let in", async () => {
    kind = "skip";
    isTooEarly = true;
    await handler.judge(picture("1"));
    kind = "allow";
    isTooEarly = false;
    await handler.judge(words("2"));
    await turn({ ...picture("3"), text: "OpenClaw, this" });
    expect(loaded).toEqual([["3"]]);
  });
});

it("forgets the invites of a conversation when a flood ended them, and tells the owner", async () => {
  const base = { key: "x", conversationId: "0b", senderId: "0b", sentAtMs: 1, arrivedAtMs: 2 };
  await handler.judge({ ...base, kind: "for_owner", about: "invites_revoked" });
  await handler.judge({ ...base, kind: "for_owner", about: "joins_waiting" });
  expect(told).toEqual(["forgotten 0b", "invites_revoked", "joins_waiting"]);
});
