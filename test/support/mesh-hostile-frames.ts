/** Frames that no honest mesh peer sends. None of them may end a peer, reach its bot, or be passed on. */
import { independentKey } from "./independent-mesh-rules.ts";
import type { RawMeshPeer } from "./mesh-raw-peer.ts";
import { signedMessage } from "./mesh-raw-peer.ts";

export interface HostileKind {
  readonly name: string;
  readonly send: (from: RawMeshPeer) => void;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

function text(name: string, bytes: string | Buffer): HostileKind {
  return { name, send: (from) => from.sendText(bytes) };
}

function frame(name: string, fields: unknown): HostileKind {
  return { name, send: (from) => from.send(fields) };
}

/** A message that is right but for one thing, and signed over it. */
function message(name: string, fields: Parameters<typeof signedMessage>[1]): HostileKind {
  return {
    name,
    send: (from) => from.send({ type: "message", ...signedMessage(from.key, fields) }),
  };
}

/** A message that was altered after it was signed. */
function altered(name: string, fields: Readonly<Record<string, unknown>>): HostileKind {
  return { name, send: (from) => from.send(from.message(fields)) };
}

function handshake(name: string, fields: Readonly<Record<string, unknown>>): HostileKind {
  return { name, send: (from) => from.send({ ...from.handshake(), ...fields }) };
}

function many(name: string, count: number, make: (n: number) => unknown): HostileKind {
  return {
    name,
    send: (from) => {
      for (let n = 0; n < count; n++) from.send(make(n));
    },
  };
}

/** History in the name of others, as a reference store has it: without signatures. */
const rowsOf = (count: number): unknown[] =>
  Array.from({ length: count }, () => {
    const { signature: _none, ...row } = signedMessage(independentKey(), { body: "forged" });
    return row;
  });

/** Bytes that are no frame at all. */
export const NO_FRAMES: readonly HostileKind[] = [
  text("text that is no JSON", "{hello"),
  text("an empty text", ""),
  text("null", "null"),
  text("a list", '[{"type":"ping"}]'),
  text("a bare number", "5"),
  text("lists inside each other, 100,000 deep", "[".repeat(100_000)),
  text("objects inside each other, 20,000 deep", '{"type":'.repeat(20_000)),
  text("a million small values", `[${"[],".repeat(80_000)}[]]`),
  text("bytes that are no UTF-8", Buffer.from([0x22, 0xff, 0xfe, 0x22])),
  {
    name: "random binary",
    send: (from) => from.sendText(Buffer.alloc(1000, 0xa5), { binary: true }),
  },
  text("a frame over the limit", `{"type":"ping","x":"${"y".repeat(300_000)}"}`),
  text("a frame of 50 MB", `{"type":"ping","x":"${"y".repeat(50_000_000)}"}`),
];

export const BAD_FRAMES: readonly HostileKind[] = [
  frame("no type", { channel_id: "lobby" }),
  frame("a type that is an object", { type: { toString: "message" } }),
  frame("a type that every object has", { type: "__proto__" }),
  frame("a type that every object has as a method", { type: "constructor" }),
  frame("a type that nobody knows", { type: "shutdown", now: true }),
  frame("an error with a text of 200 KB", {
    type: "error",
    code: "x",
    message: "z".repeat(200_000),
  }),
  many("10,000 errors", 10_000, () => ({ type: "error", code: "invalid_message", message: "no" })),
  many("10,000 pings", 10_000, () => ({ type: "ping" })),
  frame("a proof that nobody asked for", { type: "auth", signature: "A".repeat(88) }),
  frame("a proof that is a number", { type: "auth", signature: 7 }),
];

export const BAD_HANDSHAKES: readonly HostileKind[] = [
  handshake("a handshake without an id", { peer_id: undefined }),
  handshake("a handshake with an object as id", { peer_id: { length: 43 } }),
  handshake("a handshake with an id of 200 KB", { peer_id: "p".repeat(200_000) }),
  handshake("a handshake of version 2", { version: 2 }),
  handshake("a handshake of version NaN", { version: "one" }),
  handshake("a handshake with capabilities null", { capabilities: null }),
  handshake("a handshake with capabilities that lie about their form", {
    capabilities: { store: [], relay: {} },
  }),
  handshake("a handshake with a key that is none", {
    public_key: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
  }),
  handshake("a handshake with a key of 100 KB", { public_key: "A".repeat(100_000) }),
  handshake("a handshake with a nonce that is an object", { nonce: {}, oc: { v: 1 } }),
  handshake("a second handshake under another name", { peer_id: independentKey().peerId }),
  many("1,000 handshakes", 1_000, () => ({
    type: "handshake",
    version: 1,
    peer_id: "again",
    capabilities: {},
  })),
];

export const BAD_SUBSCRIPTIONS: readonly HostileKind[] = [
  frame("a subscription to an object", { type: "subscribe", channel_id: {} }),
  frame("a subscription to nothing", { type: "subscribe" }),
  frame("a subscription to a name of 200 KB", {
    type: "subscribe",
    channel_id: "c".repeat(200_000),
  }),
  frame("a subscription to a name with NUL", { type: "subscribe", channel_id: "a\u0000b" }),
  frame("a subscription to half a character", { type: "subscribe", channel_id: "a\ud800" }),
  frame("a subscription that travels for ever", {
    type: "subscribe",
    channel_id: "x",
    oc_hops: 1e9,
  }),
  frame("a subscription of minus one hop", { type: "subscribe", channel_id: "x", oc_hops: -1 }),
  frame("the end of a subscription that never was", { type: "unsubscribe", channel_id: "nowhere" }),
  many("20,000 channels on one connection", 20_000, (n) => ({
    type: "subscribe",
    channel_id: `c${n}`,
  })),
];

export const BAD_MESSAGES: readonly HostileKind[] = [
  frame("a message that is only a type", { type: "message" }),
  altered("a message without an id", { message_id: undefined }),
  altered("a message whose id is an object", { message_id: { $gt: "" } }),
  altered("a message with an id of 100 KB", { message_id: "m".repeat(100_000) }),
  altered("a message without a sender", { sender_id: undefined }),
  message("a message whose body is a number", { body: 5 }),
  message("a message whose body is a list", { body: ["a", "b"] }),
  message("a message whose body is null", { body: null }),
  message("a message with a body over 64 KiB", { body: "b".repeat(65_537) }),
  message("a message with NUL in its body", { body: "a\u0000b" }),
  message("a message with half a character in its body", { body: "a\udc00" }),
  message("a message whose payload is nested 33 deep", { payload: nested(33) }),
  message("a message without a date", { timestamp: "yesterday" }),
  message("a message of the year 0", { timestamp: "0000" }),
  message("a message from 1970", { timestamp: "1970-01-01T00:00:00.000Z" }),
  message("a message from the year 275760", { timestamp: "+275760-09-13T00:00:00.000Z" }),
  message("a message from tomorrow", {
    timestamp: new Date(Date.now() + 86_400_000).toISOString(),
  }),
  altered("a message with a signature that is a number", { signature: 1 }),
  altered("a message with a signature of 100 KB", { signature: "A".repeat(100_000) }),
  altered("a message with a signature of zeros", {
    signature: Buffer.alloc(64).toString("base64"),
  }),
  altered("a message with a body changed after it was signed", { body: "other" }),
  altered("a message moved to another channel after it was signed", { channel_id: "elsewhere" }),
  altered("a message without its signature", { signature: undefined }),
  altered("a message under a made-up name", { sender_id: "admin", signature: undefined }),
  altered("a message under a name that every object has", {
    sender_id: "__proto__",
    signature: undefined,
  }),
];

export const BAD_REQUESTS: readonly HostileKind[] = [
  frame("a request for minus one message", {
    type: "sync_request",
    channel_id: "lobby",
    after_message_id: null,
    limit: -1,
  }),
  text(
    "a request for infinitely many",
    '{"type":"sync_request","channel_id":"lobby","after_message_id":null,"limit":1e999}',
  ),
  frame("a request for text many", {
    type: "sync_request",
    channel_id: "lobby",
    after_message_id: null,
    limit: "all",
  }),
  frame("a request after an object", {
    type: "sync_request",
    channel_id: "lobby",
    after_message_id: { a: 1 },
    limit: 5,
  }),
  frame("a request for no channel", { type: "sync_request", after_message_id: null, limit: 5 }),
  many("2,000 requests at once", 2_000, () => ({
    type: "sync_request",
    channel_id: "lobby",
    after_message_id: null,
    limit: 500,
  })),
  frame("a page that nobody asked for", {
    type: "sync_response",
    channel_id: "lobby",
    messages: rowsOf(100),
  }),
  frame("a page that is null", { type: "sync_response", channel_id: "lobby", messages: null }),
  frame("a page of things that are no messages", {
    type: "sync_response",
    channel_id: "lobby",
    messages: [null, 5, [], "x", {}, { message_id: 1 }],
  }),
  frame("a page of another channel's messages", {
    type: "sync_response",
    channel_id: "elsewhere",
    messages: rowsOf(5),
  }),
  text(
    "a page of 100,000 rows",
    `{"type":"sync_response","channel_id":"lobby","messages":[${"{},".repeat(99_999)}{}]}`,
  ),
  frame("a request of ours by places that are none", {
    type: "oc_sync",
    request: 1,
    channel_id: "lobby",
    by: "items",
    items: Array.from({ length: 3_000 }, () => [0, "A".repeat(43)]),
    max_bytes: 1e15,
  }),
  frame("a request of ours by an arrival that is none", {
    type: "oc_sync",
    request: -1,
    channel_id: "lobby",
    by: "arrival",
    epoch: {},
    after: -5,
    max_bytes: -1,
  }),
  frame("ranges that nobody asked for", {
    type: "oc_ranges",
    request: 1,
    channel_id: "lobby",
    answer: true,
    from: null,
    ranges: Array.from({ length: 600 }, () => ({ to: null, kind: "sum", count: -1, sum: "" })),
  }),
  frame("a page of ours that nobody asked for", {
    type: "oc_page",
    request: 1,
    channel_id: "lobby",
    epoch: "e",
    next: 20,
    more: true,
    messages: rowsOf(20),
  }),
];
