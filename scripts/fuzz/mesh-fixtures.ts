import { createHash } from "node:crypto";
import { x25519 } from "@noble/curves/ed25519.js";
import { signList } from "../../packages/mesh-sdk/src/bootstrap/list.ts";
import { parsePrekey } from "../../packages/mesh-sdk/src/direct/prekey.ts";
import {
  type KeptPrekey,
  PREKEY_LIFE_MS,
  Prekeys,
  type PrekeyVault,
} from "../../packages/mesh-sdk/src/direct/prekeys.ts";
import { sealDirect } from "../../packages/mesh-sdk/src/direct/seal.ts";
import { encodeFrame } from "../../packages/mesh-sdk/src/frame/encode-frame.ts";
import type { Fields } from "../../packages/mesh-sdk/src/frame/fields.ts";
import type { OutgoingFrame } from "../../packages/mesh-sdk/src/frame/encode-frame.ts";
import { type MeshKey, meshKeyFromSeed } from "../../packages/mesh-sdk/src/identity/mesh-key.ts";
import { signText } from "../../packages/mesh-sdk/src/identity/signature.ts";
import { canonicalText } from "../../packages/mesh-sdk/src/message/canonical.ts";
import type { CheckedMessage, MeshMessage } from "../../packages/mesh-sdk/src/message/message.ts";
import { signMessage } from "../../packages/mesh-sdk/src/message/sign-message.ts";

export const NOW_MS = Date.UTC(2026, 10, 21, 12);

/** Two peers, what one of them has signed, and everything that it could send, as valid samples to start from. */
export interface MeshFixture {
  readonly sender: MeshKey;
  readonly receiver: MeshKey;
  /** Ours: with a proof inside and a signature outside. */
  readonly own: MeshMessage;
  /** As the reference makes it: with a signature outside alone. */
  readonly foreign: MeshMessage;
  /** Frames of every type, the messages in them among the three above. */
  readonly frames: readonly string[];
  readonly prekeys: Prekeys;
  readonly prekey: Fields;
  readonly list: string;
  /** Sealed by the sender for the receiver; made anew in each call, since sealing draws from the system's randomness. */
  seal(): Promise<CheckedMessage>;
}

export function createMeshFixture(): MeshFixture {
  const sender = meshKeyFromSeed(seedOf("sender"));
  const receiver = meshKeyFromSeed(seedOf("receiver"));
  const own = signMessage(sender, {
    channelId: "lobby",
    body: "hello, world ✓",
    // No number that JSON can spell in two ways: a flip from one to the other changes nothing.
    payload: { type: "image", nested: [1, { a: null }], 10: 7 },
    timestampMs: NOW_MS,
    nonce: seedOf("nonce").subarray(0, 16),
    seq: 7,
  }).message;
  const foreign = foreignMessage(sender);
  const prekeys = new Prekeys({
    key: receiver,
    vault: createVault(),
    clock: { now: () => NOW_MS },
  });
  const prekey = prekeys.current();
  return {
    sender,
    receiver,
    own,
    foreign,
    frames: framesWith(sender, [own, foreign]).map((frame) => encodeFrame(frame)),
    prekeys,
    prekey,
    list: signList(sender, {
      peers: [
        { peerId: sender.peerId, url: "wss://one.example/" },
        { peerId: "railway", url: "ws://two.example:5000/" },
      ],
      serial: 7,
      updatedAtMs: NOW_MS,
      expiresAtMs: NOW_MS + 1,
    }),
    seal: async () =>
      await sealDirect({
        key: sender,
        prekey: parsePrekey(prekey, NOW_MS),
        content: { body: "a secret", payload: [1], replyTo: "m1", prekey },
        timestampMs: NOW_MS,
        nonce: seedOf("sealed").subarray(0, 16),
      }),
  };
}

function foreignMessage(key: MeshKey): MeshMessage {
  const fields = {
    messageId: "00000000-0000-4000-8000-000000000000",
    channelId: "#dev",
    senderId: key.peerId,
    body: "hello",
    payloadText: '{"type":"image","url":"https://example.org/a.png"}',
    timestamp: new Date(NOW_MS).toISOString(),
    timestampMs: NOW_MS,
  };
  const signature = Buffer.from(signText(key, canonicalText(fields))).toString("base64");
  return { ...fields, signature };
}

function framesWith(key: MeshKey, messages: readonly MeshMessage[]): OutgoingFrame[] {
  const place = { timestampMs: NOW_MS, digest: seedOf("digest") };
  const head = { request: 1, channelId: "lobby" };
  return [
    {
      type: "handshake",
      version: 1,
      peerId: key.peerId,
      publicKeyPem: key.publicKeyPem,
      capabilities: { relay: true, store: true },
      nonce: "A".repeat(43),
      extensions: 1,
    },
    { type: "subscribe", channelId: "lobby", hops: 2 },
    { type: "sync_request", channelId: "lobby", afterMessageId: "m1", limit: 100 },
    { type: "error", code: "invalid_message", message: "why" },
    { type: "auth", signature: messages[0]?.signature ?? "" },
    { type: "oc_sync", ...head, by: "arrival", epoch: "epoch", after: 7, maxBytes: 1000 },
    { type: "oc_sync", ...head, by: "items", items: [place, place], maxBytes: 1000 },
    {
      type: "oc_ranges",
      ...head,
      answer: false,
      from: undefined,
      ranges: [
        { to: place, kind: "sum", count: 3, fingerprint: place.digest },
        { to: undefined, kind: "items", items: [place] },
      ],
    },
    ...messages.flatMap((message): OutgoingFrame[] => [
      { type: "message", message },
      { type: "message", message: { ...message, signature: undefined } },
      { type: "sync_response", channelId: message.channelId, messages: [message] },
      {
        type: "oc_page",
        request: 1,
        channelId: message.channelId,
        epoch: "epoch",
        next: 8,
        more: false,
        messages: [message],
      },
    ]),
  ];
}

/** With a prekey of the day, so that none is drawn from the system's randomness. */
function createVault(): PrekeyVault {
  const privateKey = seedOf("prekey");
  const today: KeptPrekey = {
    version: NOW_MS,
    publicKey: x25519.getPublicKey(privateKey),
    privateKey,
    createdAtMs: NOW_MS,
    expiresAtMs: NOW_MS + PREKEY_LIFE_MS,
  };
  const kept = new Map([[today.version, today]]);
  return {
    list: () => [...kept.values()],
    put: (prekey) => void kept.set(prekey.version, prekey),
    remove: (version) => void kept.delete(version),
  };
}

function seedOf(name: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(`fuzz: ${name}`).digest());
}
