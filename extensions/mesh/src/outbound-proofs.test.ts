// What the message adapter declares, proven by the host's own check; and the order and fate of messages in bulk.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openDurableStore, openOutbox, type DurableStore, type Outbox } from "channel-durability";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { verifyChannelMessageAdapterCapabilityProofs } from "openclaw/plugin-sdk/channel-outbound";
import { afterEach, beforeEach, expect, it } from "vitest";
import { peerIdOf } from "../test-support/facts.ts";
import { createQuietAccount } from "../test-support/quiet-account.ts";
import { MAX_INLINE_BYTES } from "./files.ts";
import { parseMeshMessageBody, type MeshMessageBody } from "./message-body.ts";
import { createMeshTransport, meshMessageAdapter, meshThreadingAdapter } from "./outbound.ts";
import { registerLiveAccount } from "./runtime.ts";

const ALICE = peerIdOf(1);
const BOB = peerIdOf(2);
const cfg: OpenClawConfig = { channels: { mesh: { enabled: true, channels: ["#dev"] } } };

let folder = "";
let store: DurableStore;
let outbox: Outbox<MeshMessageBody>;
let forget: () => void;
/** What the peer has on disk, by key: the same key again is the same message. */
let queued: Map<string, MeshMessageBody>;
let noted: [string, string][];
let failing: ((body: MeshMessageBody) => void) | undefined;

const askerOf = (id: string): string | undefined => (id === "m1" ? BOB : undefined);
const resolveTransport = (currentMessageId: string) =>
  meshThreadingAdapter.resolveReplyTransport({ cfg, accountId: "default", currentMessageId });

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "mesh-proofs-"));
  store = openDurableStore({ path: path.join(folder, "channel.db"), key: new Uint8Array(32) });
  queued = new Map();
  noted = [];
  failing = undefined;
  outbox = openOutbox({
    store,
    transport: createMeshTransport({
      connection: {
        send: async (body, key) => {
          failing?.(body);
          if (!queued.has(key)) queued.set(key, body);
          return key;
        },
      },
      noteSent: (...sent) => void noted.push(sent),
      mayLeave: () => true,
      onSent: () => {},
      giveUp: new AbortController().signal,
    }),
    parseBody: parseMeshMessageBody,
  });
  forget = registerLiveAccount("default", createQuietAccount({ userId: ALICE, outbox, askerOf }));
});
afterEach(async () => {
  forget();
  await outbox.close();
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

type Send = NonNullable<NonNullable<typeof meshMessageAdapter.send>["text"]>;

async function send(context: Partial<Parameters<Send>[0]>): Promise<Awaited<ReturnType<Send>>> {
  const { text } = meshMessageAdapter.send ?? {};
  if (text === undefined) throw new Error("the adapter sends no text");
  return await text({ cfg, to: `mesh:${ALICE}`, text: "hi", ...context });
}

async function sendFile(bytes: Uint8Array): Promise<string> {
  const file = path.join(folder, "a.txt");
  writeFileSync(file, bytes);
  const result = await meshMessageAdapter.send?.media?.({
    cfg,
    to: `mesh:${ALICE}`,
    text: "look",
    mediaUrl: file,
    mediaLocalRoots: [folder],
    deliveryQueueId: `file ${bytes.length}`,
  });
  return result?.messageId ?? "";
}

/** The host's question what became of a send that it lost track of. */
function ask(queueId: string) {
  return meshMessageAdapter.durableFinal?.reconcileUnknownSend?.({
    cfg,
    queueId,
    channel: "mesh",
    to: ALICE,
    enqueuedAt: 0,
    retryCount: 1,
    platformSendStartedAt: 0,
    payloads: [{ text: "once" }],
  });
}

function texts(to = ALICE): string[] {
  return [...queued.values()].flatMap((body) => (body.to === to ? [body.text] : []));
}

it("keeps every promise of the durable adapter", async () => {
  const results = await verifyChannelMessageAdapterCapabilityProofs({
    adapterName: "mesh",
    adapter: meshMessageAdapter,
    proofs: {
      text: async () => {
        const { messageId = "" } = await send({ deliveryQueueId: "text" });
        expect(queued.has(messageId)).toBe(true);
        expect(noted).toContainEqual([ALICE, messageId]);
      },
      media: async () => {
        const messageId = await sendFile(Buffer.from("hello"));
        expect(queued.get(messageId)).toMatchObject({
          text: "look",
          file: { name: "a.txt", mimeType: "text/plain", bytes: "aGVsbG8=" },
        });
      },
      replyTo: async () => {
        const { messageId } = await send({ deliveryQueueId: "reply", replyToId: "m1" });
        expect(queued.get(messageId ?? "")).toMatchObject({ replyToId: "m1" });
      },
      thread: async () => {
        const inChannel = { deliveryQueueId: "thread", to: "mesh:#dev", threadId: BOB };
        const { messageId } = await send(inChannel);
        expect(queued.get(messageId ?? "")).toMatchObject({ to: "#dev", askedBy: BOB });
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
  const declared = Object.keys(meshMessageAdapter.durableFinal?.capabilities ?? {});
  const verified = results.filter(({ status }) => status === "verified");
  expect(verified.map(({ capability }) => capability).toSorted()).toEqual(declared.toSorted());
});

it("keeps the order of each conversation under parallel sends", async () => {
  const wanted = Array.from({ length: 10 }, (_, index) => `message ${index}`);
  await Promise.all(
    wanted.flatMap((text) => [
      send({ deliveryQueueId: `alice ${text}`, text }),
      send({ deliveryQueueId: `dev ${text}`, text, to: "mesh:#dev" }),
    ]),
  );
  expect(texts(ALICE)).toEqual(wanted);
  expect(texts("#dev")).toEqual(wanted);
});

it("goes on at the piece that failed, and sends none twice", async () => {
  const parts = ["one", "two", "three"];
  const sendAll = async (): Promise<void> => {
    for (const [deliveryPartIndex, text] of parts.entries()) {
      await send({ deliveryQueueId: "answer", deliveryPartIndex, deliveryPartCount: 3, text });
    }
  };
  failing = ({ text }) => {
    if (text === "two") throw Object.assign(new Error("full"), { code: "queue_full" });
  };
  await expect(sendAll()).rejects.toMatchObject({ retryable: true });
  failing = undefined;
  await sendAll();
  expect(texts()).toEqual(parts);
});

it("refuses what is too large, and a target that is none, once and for all", async () => {
  await expect(sendFile(new Uint8Array(MAX_INLINE_BYTES + 1))).rejects.toMatchObject({
    retryable: false,
    message: expect.stringContaining("128 KiB"),
  });
  await expect(send({ to: "mesh:Alice" })).rejects.toMatchObject({ retryable: false });
  expect(queued.size).toBe(0);
});

it("knows whom a late answer is for by the message that it answers", () => {
  expect(resolveTransport("m1")).toEqual({ threadId: BOB });
  expect(resolveTransport("m2")).toBeNull();
});
