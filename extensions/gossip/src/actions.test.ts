import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { bech32 } from "@scure/base";
import { openDurableStore, openOutbox, type DurableStore, type Outbox } from "channel-durability";
import type {
  ChannelMessageActionContext,
  ChannelMessageActionName,
} from "openclaw/plugin-sdk/channel-contract";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createQuietAccount } from "../test-support/quiet-account.ts";
import { gossipActionsAdapter } from "./actions.ts";
import { parseGossipMessageBody, type GossipMessageBody } from "./message-body.ts";
import { registerLiveAccount } from "./runtime.ts";

function idOf(byte: number): string {
  return bech32.encode("gossip", bech32.toWords(new Uint8Array(32).fill(byte)));
}

const ALICE = idOf(1);
const BOB = idOf(2);
const MALLORY = idOf(3);
/** Messages in Alice's conversation: hers and ours; and the same in Bob's. */
const HERS = "a".repeat(24);
const OURS = "b".repeat(24);
const BOBS = "c".repeat(24);
const OURS_TO_BOB = "d".repeat(24);

const CONFIG: OpenClawConfig = { channels: { gossip: { enabled: true } } };

let folder = "";
let store: DurableStore;
let outbox: Outbox<GossipMessageBody>;
let sent: GossipMessageBody[] = [];
let forget: () => void;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "gossip-actions-"));
  store = openDurableStore({ path: path.join(folder, "channel.db"), key: new Uint8Array(32) });
  sent = [];
  outbox = openOutbox({
    store,
    transport: {
      send: async (body, context) => {
        context.assertHandoff();
        sent.push(body);
        return { nativeId: Buffer.from(context.messageId(12)).toString("hex") };
      },
    },
    parseBody: parseGossipMessageBody,
  });
  forget = registerLiveAccount(
    "default",
    createQuietAccount({
      userId: MALLORY,
      outbox,
      isOurs: (to, id) => (to === ALICE && id === OURS) || (to === BOB && id === OURS_TO_BOB),
      isTheirs: (from, id) => (from === ALICE && id === HERS) || (from === BOB && id === BOBS),
    }),
  );
});
afterEach(async () => {
  forget();
  await outbox.close();
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What the host vouches for in a turn of Alice's. */
const ALICES_TURN: Partial<ChannelMessageActionContext> = {
  accountId: "default",
  requesterAccountId: "default",
  requesterSenderId: ALICE,
  senderIsOwner: false,
  toolContext: {
    currentChannelProvider: "gossip",
    currentChannelId: `gossip:${ALICE}`,
    currentMessageId: HERS,
  },
};

async function act(
  action: ChannelMessageActionName,
  params: Record<string, unknown>,
  facts: Partial<ChannelMessageActionContext> = ALICES_TURN,
): Promise<unknown> {
  const context = { channel: "gossip", action, cfg: CONFIG, params, ...facts };
  if (action !== "send") return await gossipActionsAdapter.handleAction?.(context);
  const to = String(params["to"]);
  const payload = { text: String(params["message"]) };
  return await gossipActionsAdapter.prepareSendPayload?.({ ctx: context, to, payload });
}

describe("the message tool in its own conversation", () => {
  it("offers what Gossip has, while an account is enabled", () => {
    expect(gossipActionsAdapter.describeMessageTool({ cfg: CONFIG })).toMatchObject({
      actions: ["send", "reply", "react", "edit", "unsend"],
    });
    expect(gossipActionsAdapter.describeMessageTool({ cfg: {} })).toBeNull();
  });

  it("takes a key for this conversation and this action only", async () => {
    const key = { idempotencyKey: "same" };
    const bobsTurn = {
      ...ALICES_TURN,
      requesterSenderId: BOB,
      toolContext: { currentChannelProvider: "gossip", currentChannelId: `gossip:${BOB}` },
    };
    await act("reply", { message: "for Alice", ...key });
    await act("reply", { message: "for Bob", messageId: BOBS, ...key }, bobsTurn);
    await act("edit", { messageId: OURS, message: "better", ...key });
    await act("unsend", { messageId: OURS, ...key });
    expect(sent).toMatchObject([
      { to: ALICE, text: "for Alice" },
      { to: BOB, text: "for Bob" },
      { to: ALICE, signal: "edit" },
      { to: ALICE, signal: "unsend" },
    ]);
  });

  it("replies to the message of the turn, with real ids, once per idempotency key", async () => {
    const params = { message: "**hi**", idempotencyKey: "one" };
    const first = await act("reply", params);
    await expect(act("reply", params)).resolves.toEqual(first);
    expect(sent).toEqual([{ purpose: "message", to: ALICE, text: "hi", replyToId: HERS }]);
    expect(first).toMatchObject({
      details: { ok: true, messageId: expect.stringMatching(/^[0-9a-f]{24}$/) },
    });
  });

  it("reacts once, takes it back once, and reacts anew", async () => {
    await act("react", { emoji: "🎉" });
    await act("react", { emoji: "🎉" });
    await act("react", { emoji: "🎉", remove: true });
    await act("react", { emoji: "🎉", remove: true });
    await act("react", { emoji: "🎉", messageId: HERS });
    expect(sent.map((body) => "signal" in body && body.signal)).toEqual([
      "reaction",
      "unsend",
      "reaction",
    ]);
  });

  it("cites the reaction by its own id when it takes it back", async () => {
    const added = await act("react", { emoji: "🎉" });
    await act("react", { emoji: "🎉", remove: true });
    const [, removal] = sent;
    expect(added).toMatchObject({
      details: { messageId: removal !== undefined && "citedId" in removal && removal.citedId },
    });
  });

  it("edits and unsends what is ours", async () => {
    await act("edit", { messageId: OURS, message: "better" });
    await act("unsend", { messageId: OURS });
    expect(sent).toEqual([
      { purpose: "message", to: ALICE, signal: "edit", citedId: OURS, text: "better" },
      { purpose: "message", to: ALICE, signal: "unsend", citedId: OURS },
    ]);
  });

  it("sends nothing about a message that was taken back in time", async () => {
    forget();
    const takeBack = (to: string, id: string): boolean => to === ALICE && id === OURS;
    forget = registerLiveAccount(
      "default",
      createQuietAccount({ userId: MALLORY, outbox, takeBack }),
    );
    await expect(act("unsend", { messageId: OURS })).resolves.toMatchObject({
      details: { deleted: true },
    });
    await expect(act("unsend", { messageId: OURS_TO_BOB })).rejects.toThrow(/gossip: /);
    expect(sent).toEqual([]);
  });

  it.each([
    ["edit", { messageId: HERS, message: "put into her mouth" }],
    ["unsend", { messageId: HERS }],
    ["edit", { messageId: BOBS, message: "x" }],
    ["unsend", { messageId: OURS_TO_BOB }],
    ["react", { messageId: BOBS, emoji: "🎉" }],
    ["reply", { messageId: OURS_TO_BOB, message: "x" }],
    ["react", { emoji: "" }],
    ["react", { emoji: "x".repeat(33) }],
    ["unsend", { messageId: "request-1" }],
  ] as const)("refuses %s of %j", async (action, params) => {
    await expect(act(action, params)).rejects.toThrow(/gossip: /);
    expect(sent).toEqual([]);
  });

  it("says so when the account does not run", async () => {
    forget();
    await expect(act("react", { emoji: "🎉" })).rejects.toMatchObject({ code: "not_running" });
  });
});

describe("the message tool and other people's conversations", () => {
  it("refuses 500 generated calls in a turn of Alice's, and sends nothing", async () => {
    const actions = ["send", "reply", "react", "edit", "unsend", "delete"] as const;
    const targets = [BOB, BOB.toUpperCase(), `gossip:${BOB}`, MALLORY, ` ${MALLORY} `] as const;
    const ids = [BOBS, OURS_TO_BOB, HERS, OURS, "", "f".repeat(24)] as const;
    const accounts = ["default", "DEFAULT", "work"] as const;
    let refused = 0;
    for (let index = 0; index < 500; index += 1) {
      const pick = <T>(list: readonly [T, ...T[]], step: number): T =>
        list[Math.floor(index / step) % list.length] ?? list[0];
      const target = pick(targets, 6);
      const params = {
        to: target,
        ...(index % 2 === 0 ? { target } : {}),
        messageId: pick(ids, 5),
        message: "hello",
        emoji: "🎉",
        remove: index % 7 === 0,
        // What a model could make up; the host's own facts are elsewhere.
        senderIsOwner: true,
        requesterSenderId: BOB,
        toolContext: { currentChannelId: target },
      };
      const facts = { ...ALICES_TURN, accountId: pick(accounts, 11) };
      const error: unknown = await act(pick(actions, 1), params, facts).catch(
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ name: "ToolAuthorizationError" });
      refused += 1;
    }
    expect(refused).toBe(500);
    expect(sent).toEqual([]);
  });

  it("keeps Alice's conversations with two accounts apart", async () => {
    const facts = { ...ALICES_TURN, accountId: "work" };
    await expect(act("send", { to: ALICE, message: "x" }, facts)).rejects.toThrow(/confined/);
  });

  it("refuses in a heartbeat of Alice's conversation too, where nobody is named", async () => {
    const { requesterSenderId: _nobody, ...heartbeat } = ALICES_TURN;
    await expect(act("send", { to: BOB, message: "x" }, heartbeat)).rejects.toThrow(/confined/);
  });

  it("refuses turns of other channels", async () => {
    const facts = {
      requesterSenderId: "somebody",
      toolContext: { currentChannelProvider: "telegram", currentChannelId: BOB },
    };
    await expect(act("send", { to: BOB, message: "x" }, facts)).rejects.toThrow(/confined/);
  });

  it.each<[string, Partial<ChannelMessageActionContext>]>([
    ["the owner", { ...ALICES_TURN, senderIsOwner: true }],
    ["the operator's command", { gatewayClientScopes: ["operator.write"] }],
    [
      "whoever the operator allows it",
      {
        ...ALICES_TURN,
        cfg: { ...CONFIG, tools: { message: { crossContext: { allowWithinProvider: true } } } },
      },
    ],
  ])("lets %s", async (_who, facts) => {
    await act("react", { to: BOB, messageId: BOBS, emoji: "🎉" }, facts);
    expect(sent).toMatchObject([{ to: BOB, signal: "reaction" }]);
    await expect(act("send", { to: BOB, message: "x" }, facts)).resolves.toEqual({ text: "x" });
  });

  it("lets an agent's own setting narrow what holds for all", async () => {
    const cfg: OpenClawConfig = {
      ...CONFIG,
      tools: { message: { crossContext: { allowWithinProvider: true } } },
      agents: {
        entries: { work: { tools: { message: { crossContext: { allowWithinProvider: false } } } } },
      },
    };
    const facts = { ...ALICES_TURN, cfg };
    await expect(act("send", { to: BOB, message: "x" }, facts)).resolves.toEqual({ text: "x" });
    await expect(
      act("send", { to: BOB, message: "x" }, { ...facts, agentId: "work" }),
    ).rejects.toThrow(/confined/);
  });
});
