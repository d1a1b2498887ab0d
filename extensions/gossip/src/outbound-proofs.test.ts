// What the message adapter declares, proven by the host's own check; and the order and fate of messages in bulk.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { bech32 } from "@scure/base";
import { openDurableStore, openOutbox, type DurableStore, type Outbox } from "channel-durability";
import { verifyChannelMessageAdapterCapabilityProofs } from "openclaw/plugin-sdk/channel-outbound";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createQuietAccount } from "../test-support/quiet-account.ts";
import { parseGossipMessageBody, type GossipMessageBody } from "./message-body.ts";
import { createGossipTransport, gossipMessageAdapter } from "./outbound.ts";
import { registerLiveAccount } from "./runtime.ts";

const ALICE = bech32.encode("gossip", bech32.toWords(new Uint8Array(32).fill(1)));
const BOB = bech32.encode("gossip", bech32.toWords(new Uint8Array(32).fill(2)));
const HEX = "000102030405060708090a0b";

let folder = "";
let store: DurableStore;
let outbox: Outbox<GossipMessageBody>;
let forget: () => void;
/** What the protocol client has on disk, by message id: the same id again is the same message. */
let queued: Map<string, GossipMessageBody>;
let queueBody: (body: GossipMessageBody, id: Uint8Array) => Promise<void>;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "gossip-proofs-"));
  store = openDurableStore({ path: path.join(folder, "channel.db"), key: new Uint8Array(32) });
  queued = new Map();
  queueBody = async (body, id) => {
    const key = Buffer.from(id).toString("hex");
    if (!queued.has(key)) queued.set(key, body);
  };
  outbox = openOutbox({
    store,
    transport: createGossipTransport({
      connection: { queueBody: (...args) => queueBody(...args), whenStored: async () => {} },
      onSent: () => {},
      giveUp: new AbortController().signal,
    }),
    parseBody: parseGossipMessageBody,
  });
  forget = registerLiveAccount(
    "default",
    createQuietAccount({
      userId: ALICE,
      outbox,
    }),
  );
});
afterEach(async () => {
  forget();
  await outbox.close();
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

type Send = NonNullable<NonNullable<typeof gossipMessageAdapter.send>["text"]>;

async function send(context: Partial<Parameters<Send>[0]>): Promise<Awaited<ReturnType<Send>>> {
  const { text } = gossipMessageAdapter.send ?? {};
  if (text === undefined) throw new Error("the adapter sends no text");
  return await text({ cfg: {}, to: `gossip:${ALICE}`, text: "hi", ...context });
}

/** The host's question what became of a send that it lost track of. */
function ask(queueId: string) {
  return gossipMessageAdapter.durableFinal?.reconcileUnknownSend?.({
    cfg: {},
    queueId,
    channel: "gossip",
    to: ALICE,
    enqueuedAt: 0,
    retryCount: 1,
    platformSendStartedAt: 0,
    payloads: [{ text: "once" }],
  });
}

function texts(to = ALICE): string[] {
  return [...queued.values()].flatMap((body) =>
    body.to === to && "text" in body ? [body.text] : [],
  );
}

it("keeps every promise of the durable adapter", async () => {
  const results = await verifyChannelMessageAdapterCapabilityProofs({
    adapterName: "gossip",
    adapter: gossipMessageAdapter,
    proofs: {
      text: async () => {
        const { messageId } = await send({ deliveryQueueId: "text" });
        expect(queued.has(messageId ?? "")).toBe(true);
      },
      replyTo: async () => {
        const { messageId } = await send({ deliveryQueueId: "reply", replyToId: HEX });
        expect(queued.get(messageId ?? "")).toMatchObject({ replyToId: HEX });
      },
      messageSendingHooks: async () => {
        const before = queued.size;
        const steps: string[] = [];
        await send({
          deliveryQueueId: "hooks",
          onPlatformSendDispatch: async () => void steps.push(`announced ${queued.size - before}`),
          assertDirectAdapterHandoff: () => steps.push(`asked ${queued.size - before}`),
        });
        expect(steps).toEqual(["announced 0", "asked 0"]);
      },
      reconcileUnknownSend: async () => {
        const { messageId } = await send({ deliveryQueueId: "lost", text: "once" });
        expect(await ask("lost")).toMatchObject({ status: "sent", messageId });
        expect(await ask("never seen")).toMatchObject({ status: "not_sent" });
        expect(texts().filter((text) => text === "once")).toHaveLength(1);
      },
    },
  });
  const declared = Object.keys(gossipMessageAdapter.durableFinal?.capabilities ?? {});
  const verified = results.filter(({ status }) => status === "verified");
  expect(verified.map(({ capability }) => capability).toSorted()).toEqual(declared.toSorted());
});

it("keeps the order of each conversation under parallel sends", async () => {
  const wanted = Array.from({ length: 10 }, (_, index) => `message ${index}`);
  await Promise.all(
    wanted.flatMap((text) => [
      send({ deliveryQueueId: `alice ${text}`, text }),
      send({ deliveryQueueId: `bob ${text}`, text, to: BOB }),
    ]),
  );
  expect(texts(ALICE)).toEqual(wanted);
  expect(texts(BOB)).toEqual(wanted);
});

it("goes on at the piece that failed, and sends none twice", async () => {
  const parts = ["one", "two", "three"];
  const working = queueBody;
  const sendAll = async (): Promise<void> => {
    for (const [deliveryPartIndex, text] of parts.entries()) {
      await send({ deliveryQueueId: "answer", deliveryPartIndex, deliveryPartCount: 3, text });
    }
  };
  queueBody = async (body, id) => {
    if ("text" in body && body.text === "two") {
      throw Object.assign(new Error("full"), { code: "queue_full" });
    }
    await working(body, id);
  };
  await expect(sendAll()).rejects.toMatchObject({ retryable: true });
  const [firstId] = queued.keys();
  queueBody = working;
  await sendAll();
  expect(texts()).toEqual(parts);
  expect(queued.keys().next().value).toBe(firstId);
});

it("sends nothing that was aborted before its hand-over, and forgets it", async () => {
  const stop = new AbortController();
  const sending = send({
    deliveryQueueId: "aborted",
    signal: stop.signal,
    onPlatformSendDispatch: async () => stop.abort(),
  });
  await expect(sending).rejects.toMatchObject({
    code: "OPENCLAW_PLATFORM_MESSAGE_NOT_DISPATCHED",
  });
  expect(queued.size).toBe(0);
  expect(outbox.find("aborted")).toEqual([]);
});
