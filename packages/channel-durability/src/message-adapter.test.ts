import {
  verifyChannelMessageAdapterCapabilityProofs,
  verifyDurableFinalCapabilityProofs,
  type ChannelMessageAdapterShape,
  type ChannelMessageSendTextContext,
} from "openclaw/plugin-sdk/channel-outbound";
import { PlatformMessageNotDispatchedError } from "openclaw/plugin-sdk/error-runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeTransport, parseTestBody, type TestBody } from "../test-support/fake-transport.ts";
import { TemporaryStore } from "../test-support/temporary-store.ts";
import { createDurableMessageAdapter } from "./message-adapter.ts";
import type { Outbox } from "./outbox-contract.ts";
import { openOutbox } from "./outbox.ts";

let temporary: TemporaryStore;
let transport: FakeTransport;
let outbox: Outbox<TestBody> | undefined;
let asked: (string | undefined)[];

beforeEach(() => {
  temporary = new TemporaryStore();
  transport = new FakeTransport();
  outbox = openOutbox({ store: temporary.store, transport, parseBody: parseTestBody });
  asked = [];
});
afterEach(() => {
  temporary[Symbol.dispose]();
});

function adapter(): ChannelMessageAdapterShape {
  return createDurableMessageAdapter<TestBody>({
    channelId: "test",
    findOutbox: (accountId) => {
      asked.push(accountId);
      return outbox;
    },
    createBody: ({ to, text }) => {
      if (to === "nobody") {
        throw new PlatformMessageNotDispatchedError("test: no such target", {
          cause: undefined,
          retryable: false,
        });
      }
      return { target: to, body: { text } };
    },
    canReplyTo: true,
  });
}

function textContext(
  overrides: Partial<ChannelMessageSendTextContext> = {},
): ChannelMessageSendTextContext {
  return { cfg: {}, to: "alice", text: "hello", accountId: "main", ...overrides };
}

async function send(
  overrides: Partial<ChannelMessageSendTextContext> = {},
): Promise<
  Awaited<ReturnType<NonNullable<NonNullable<ChannelMessageAdapterShape["send"]>["text"]>>>
> {
  const sendText = adapter().send?.text;
  if (sendText === undefined) {
    throw new Error("test: the adapter sends no text");
  }
  return sendText(textContext(overrides));
}

async function reconcile(queueId: string): Promise<unknown> {
  return adapter().durableFinal?.reconcileUnknownSend?.({
    cfg: {},
    queueId,
    channel: "test",
    to: "alice",
    accountId: "main",
    enqueuedAt: 0,
    retryCount: 0,
    payloads: [],
  });
}

/** One round of everything the adapter declares. */
async function sent(): Promise<void> {
  const { messageId, receipt } = await send({ deliveryQueueId: "proof", replyToId: "m7" });
  expect(receipt.replyToId).toBe("m7");
  await expect(reconcile("proof")).resolves.toMatchObject({ status: "sent", messageId });
}

describe("createDurableMessageAdapter", () => {
  it("sends through the account's outbox and gives the host a receipt", async () => {
    const result = await send({ deliveryQueueId: "q1", deliveryPartIndex: 0, replyToId: "m7" });
    expect(asked).toEqual(["main"]);
    expect(transport.visible).toEqual(["hello"]);
    const nativeId = `native-${transport.arrivals[0]?.id ?? ""}`;
    expect(result.messageId).toBe(nativeId);
    expect(result.receipt).toMatchObject({
      primaryPlatformMessageId: nativeId,
      platformMessageIds: [nativeId],
      replyToId: "m7",
    });
  });

  it("sends one message for one queue id and part, however often the host asks", async () => {
    const first = await send({ deliveryQueueId: "q1", deliveryPartIndex: 0 });
    const replay = await send({ deliveryQueueId: "q1", deliveryPartIndex: 0 });
    const part = await send({ deliveryQueueId: "q1", deliveryPartIndex: 1, text: "more" });
    expect(replay.messageId).toBe(first.messageId);
    expect(part.messageId).not.toBe(first.messageId);
    expect(transport.arrivals).toHaveLength(2);
  });

  it("sends without a row what has no queue id", async () => {
    await send();
    await send();
    expect(transport.arrivals).toHaveLength(2);
    expect(temporary.store.get("SELECT count(*) AS n FROM outbox")).toEqual({ n: 0 });
  });

  it("honors the host's hooks", async () => {
    const order: string[] = [];
    await send({
      deliveryQueueId: "q1",
      onPlatformSendDispatch: async () => {
        order.push("announced");
      },
      assertDirectAdapterHandoff: () => order.push("asserted"),
    });
    expect(order).toEqual(["announced", "asserted"]);
  });

  it("says that nothing left when the account does not run", async () => {
    outbox = undefined;
    await expect(send({ deliveryQueueId: "q1" })).rejects.toMatchObject({
      code: "OPENCLAW_PLATFORM_MESSAGE_NOT_DISPATCHED",
      retryable: true,
    });
  });

  it("says that nothing left when the account stopped a moment ago", async () => {
    await outbox?.close();
    await expect(send({ deliveryQueueId: "q1" })).rejects.toMatchObject({
      code: "OPENCLAW_PLATFORM_MESSAGE_NOT_DISPATCHED",
      retryable: true,
    });
  });

  it("lets the refusal of an impossible target through", async () => {
    await expect(send({ deliveryQueueId: "q1", to: "nobody" })).rejects.toMatchObject({
      code: "OPENCLAW_PLATFORM_MESSAGE_NOT_DISPATCHED",
      retryable: false,
    });
  });

  it("lets an error through that leaves the outcome open", async () => {
    transport.after = () => Promise.reject(new Error("connection lost"));
    await expect(send({ deliveryQueueId: "q1" })).rejects.toThrow("connection lost");
  });

  it("proves a sent message to the host", async () => {
    const { messageId } = await send({ deliveryQueueId: "q1" });
    await expect(reconcile("q1")).resolves.toMatchObject({
      status: "sent",
      messageId,
      receipt: { platformMessageIds: [messageId] },
    });
    await expect(reconcile("q2")).resolves.toEqual({ status: "not_sent" });
  });

  it("asks the host to come again while the account does not run", async () => {
    outbox = undefined;
    await expect(reconcile("q1")).resolves.toEqual({
      status: "unresolved",
      error: "the account is not running",
      retryable: true,
    });
  });

  it("forgets an entry that the host gave up", async () => {
    await send({ deliveryQueueId: "q1" });
    await adapter().durableFinal?.afterUnknownSendTerminal?.({
      cfg: {},
      queueId: "q1",
      channel: "test",
      to: "alice",
      enqueuedAt: 0,
      retryCount: 0,
      payloads: [],
    });
    await expect(reconcile("q1")).resolves.toEqual({ status: "not_sent" });
  });

  it("keeps what it declares, by the host's own proof helpers", async () => {
    const proofs = {
      text: sent,
      replyTo: sent,
      messageSendingHooks: sent,
      reconcileUnknownSend: sent,
    };
    const capabilities = adapter().durableFinal?.capabilities;
    const results = [
      ...(await verifyChannelMessageAdapterCapabilityProofs({
        adapterName: "test",
        adapter: adapter(),
        proofs,
      })),
      ...(await verifyDurableFinalCapabilityProofs({
        adapterName: "test",
        ...(capabilities === undefined ? {} : { capabilities }),
        proofs,
      })),
    ];
    const verified = results.filter(({ status }) => status === "verified");
    expect(new Set(verified.map(({ capability }) => capability))).toEqual(
      new Set(Object.keys(proofs)),
    );
  });
});
