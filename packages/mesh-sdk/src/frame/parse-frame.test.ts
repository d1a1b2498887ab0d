import { assert, constantFrom, dictionary, jsonValue, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { keyOf, nonceOf, NOW_MS } from "../../test-support/people.ts";
import { refusalOf } from "../../test-support/refusal.ts";
import { signMessage } from "../message/sign-message.ts";
import { encodeFrame, type OutgoingFrame } from "./encode-frame.ts";
import { MAX_BODY_BYTES, MAX_FRAME_BYTES, MAX_MESSAGE_BYTES, MAX_PAGE_BYTES } from "./limits.ts";
import { parseFrame } from "./parse-frame.ts";

const ada = keyOf("ada");
const { message } = signMessage(ada, {
  channelId: "lobby",
  body: "hello",
  payload: { a: [1, { b: null }] },
  timestampMs: NOW_MS,
  nonce: nonceOf("hello"),
});
const place = { timestampMs: NOW_MS, digest: new Uint8Array(32).fill(9) };
const NONCE = "A".repeat(43);

const PLAIN = {
  type: "message",
  message_id: "1",
  channel_id: "lobby",
  sender_id: "bob",
  body: "hi",
  timestamp: "2026-11-21T12:00:00.000Z",
};

/** A frame in which one field is another. */
function changed(fields: object): string {
  return JSON.stringify({ ...PLAIN, ...fields });
}

function codeOf(text: string): string | undefined {
  return refusalOf(() => parseFrame(text));
}

const FRAMES: readonly OutgoingFrame[] = [
  {
    type: "handshake",
    version: 1,
    peerId: ada.peerId,
    publicKeyPem: ada.publicKeyPem,
    capabilities: { relay: true, store: false },
    nonce: NONCE,
    extensions: 1,
  },
  { type: "subscribe", channelId: "#dev", hops: 2 },
  { type: "subscribe", channelId: "#dev" },
  { type: "unsubscribe", channelId: "#dev" },
  { type: "message", message },
  { type: "sync_request", channelId: "lobby", afterMessageId: null, limit: 100 },
  { type: "sync_request", channelId: "lobby", afterMessageId: "x", limit: 500 },
  { type: "error", code: "invalid_message", message: "why" },
  { type: "ping" },
  { type: "pong" },
  { type: "auth", signature: message.signature ?? "" },
  {
    type: "oc_sync",
    request: 1,
    channelId: "c",
    by: "arrival",
    epoch: null,
    after: 0,
    maxBytes: 9,
  },
  { type: "oc_sync", request: 1, channelId: "c", by: "items", items: [place], maxBytes: 9 },
  {
    type: "oc_page",
    request: 1,
    channelId: "lobby",
    epoch: "e",
    next: 7,
    more: true,
    messages: [message],
  },
  {
    type: "oc_ranges",
    request: 2 ** 31 - 1,
    channelId: "c",
    answer: true,
    from: undefined,
    ranges: [
      { to: place, kind: "same" },
      { to: place, kind: "sum", count: 3, fingerprint: place.digest },
      { to: place, kind: "items", items: [place, place] },
      { to: undefined, kind: "offer", items: [] },
    ],
  },
];

describe("reading what we have written", () => {
  it.each(FRAMES.map((frame) => [frame.type, frame] as const))("gives it back: %s", (_, frame) => {
    expect(parseFrame(encodeFrame(frame))).toEqual(frame);
  });

  it("gives a page with the place of every row, and its good messages", () => {
    const bad = { ...message, channelId: "other" };
    const text = encodeFrame({
      type: "sync_response",
      channelId: "lobby",
      messages: [message, bad],
    });
    const broken = text.replace(
      '"messages":[',
      '"messages":[7,{"message_id":"b","timestamp":"0"},',
    );
    expect(parseFrame(broken)).toEqual({
      type: "sync_response",
      channelId: "lobby",
      messages: [message],
      marks: [
        { messageId: "b", timestamp: "0" },
        { messageId: message.messageId, timestamp: message.timestamp },
        { messageId: message.messageId, timestamp: message.timestamp },
      ],
      rows: 4,
    });
  });
});

describe("what the reference sends", () => {
  it("is read with its loose ways", () => {
    const base = { type: "handshake", peer_id: "peer-1" };
    const read = (fields: object): unknown => parseFrame(JSON.stringify({ ...base, ...fields }));
    const capabilities = { relay: false, store: false };
    expect(read({ version: "1" })).toEqual({
      type: "handshake",
      version: 1,
      peerId: "peer-1",
      capabilities,
    });
    expect(read({ version: true })).toMatchObject({ version: 1 });
    expect(read({ version: [1] })).toMatchObject({ version: Number.NaN });
    expect(read({ version: { toString: 1 }, capabilities: "all" })).toMatchObject({ capabilities });
    expect(read({ version: 1, public_key: null })).not.toHaveProperty("publicKeyPem");
    expect(parseFrame('{"type":"sync_request","channel_id":"c","limit":-1}')).toMatchObject({
      limit: 1,
      afterMessageId: null,
    });
    expect(parseFrame('{"type":"sync_request","channel_id":"c","limit":1e9}')).toMatchObject({
      limit: 500,
    });
    expect(parseFrame('{"type":"sync_request","channel_id":"c"}')).toMatchObject({ limit: 100 });
  });

  it("may hold fields that we do not know, and the last of two with one name counts", () => {
    const text = changed({ extra: { deep: [1] } }).replace("{", '{"body":"first",');
    expect(parseFrame(text)).toMatchObject({ message: { body: "hi" } });
  });

  it("is ignored when its type is unknown", () => {
    for (const type of ["dance", "__proto__", "toString", "", 7, null, undefined, {}]) {
      expect(parseFrame(JSON.stringify({ ...PLAIN, type }))).toBeUndefined();
    }
  });

  it("has a payload as its signature covers it: numbers, names, and escapes as JavaScript writes them", () => {
    const text = changed({ payload: 0 }).replace(
      ":0}",
      String.raw`:{ "b":1.0, "10":-0, "a":"\u0041\/", "a":1E21 }}`,
    );
    expect(parseFrame(text)).toMatchObject({
      message: { payloadText: '{"10":0,"b":1,"a":1e+21}' },
    });
    expect(parseFrame(changed({ payload: null }))).toMatchObject({
      message: { payloadText: null },
    });
  });
});

describe("hostile frames", () => {
  it.each([
    "",
    "null",
    "[]",
    "7",
    '"text"',
    "{",
    '{"type":"message"',
    "\u0000",
    "{}{}",
    '{"type":"subscribe"}',
    '{"type":"subscribe","channel_id":""}',
    '{"type":"subscribe","channel_id":["lobby"]}',
    '{"type":"sync_request","channel_id":"c","after_message_id":{}}',
    '{"type":"sync_response","channel_id":"c","messages":{}}',
    '{"type":"handshake","version":1}',
    '{"type":"handshake","version":1,"peer_id":"p","nonce":"short"}',
    '{"type":"auth"}',
    '{"type":"oc_sync","request":-1,"channel_id":"c","by":"arrival","epoch":null,"after":0,"max_bytes":1}',
    '{"type":"oc_sync","request":1,"channel_id":"c","by":"items","items":[],"max_bytes":1}',
    '{"type":"oc_ranges","request":1,"channel_id":"c","answer":false,"from":null,"ranges":[{"to":null,"kind":"odd"}]}',
    '{"type":"oc_ranges","request":1,"channel_id":"c","answer":false,"from":[1],"ranges":[]}',
  ])("are refused as malformed: %s", (text) => {
    expect(codeOf(text)).toBe("malformed");
  });

  it.each([
    { message_id: "" },
    { message_id: 5 },
    { message_id: "x".repeat(129) },
    { channel_id: "x".repeat(257) },
    { sender_id: "x".repeat(129) },
    { sender_id: null },
    { channel_id: "a\u0000b" },
    { body: 5 },
    { body: ["a"] },
    { body: "nul \u0000" },
    { body: "half \uD800" },
    { payload: { deep: "nul \u0000" } },
    { payload: ["\uDFFF"] },
    { payload: { "\uD83E": 1 } },
    { timestamp: "yesterday" },
    { timestamp: "0000-01-01T00:00:00.000Z" },
    { timestamp: "2026-13-01T00:00:00.000Z" },
    { timestamp: undefined },
    { timestamp: 1_795_262_400_000 },
    { signature: "AAAA" },
    { signature: `${"A".repeat(85)}B==` },
    { signature: `${"A".repeat(86)}==\n` },
    { signature: `${"_".repeat(86)}==` },
  ])("are refused for one bad field: %j", (fields) => {
    expect(codeOf(changed(fields))).toBe("malformed");
  });

  it("may speak about escapes: only NUL itself is refused", () => {
    const body = String.raw`\u0000 \\u0000 \ud800`;
    expect(parseFrame(changed({ body, payload: { body } }))).toMatchObject({ message: { body } });
  });

  it("are measured before they are parsed: bytes, nesting, and what the message becomes", () => {
    const long = "x".repeat(MAX_FRAME_BYTES);
    expect(codeOf(changed({ extra: long }))).toBe("too_large");
    expect(codeOf(changed({ body: "é".repeat(MAX_BODY_BYTES / 2) }))).toBeUndefined();
    expect(codeOf(changed({ body: "é".repeat(MAX_BODY_BYTES / 2 + 1) }))).toBe("too_large");
    expect(codeOf(changed({ payload: "x".repeat(MAX_MESSAGE_BYTES) }))).toBe("too_large");
    // Four letters each on the wire, twenty-one once read.
    const bomb = `{"payload":[${Array.from({ length: 50_000 }, () => "1e20").join(",")}],`;
    expect(codeOf(bomb + JSON.stringify(PLAIN).slice(1))).toBe("too_large");
    const nested = (depth: number): string =>
      `{"payload":${"[".repeat(depth)}${"]".repeat(depth)},${JSON.stringify(PLAIN).slice(1)}`;
    expect(codeOf(nested(32))).toBeUndefined();
    expect(codeOf(nested(33))).toBe("malformed");
    expect(codeOf(nested(100_000))).toBe("malformed");
    expect(codeOf("[".repeat(MAX_FRAME_BYTES))).toBe("malformed");
  });

  it("may be larger only as a page that was asked for", () => {
    const rows = Array.from({ length: 500 }, (_, id) => ({
      ...PLAIN,
      message_id: `${id}`,
      body: "x".repeat(1000),
    }));
    const page = JSON.stringify({ type: "sync_response", channel_id: "lobby", messages: rows });
    expect(codeOf(page)).toBe("too_large");
    const read = parseFrame(page, { allowsPage: true });
    expect(read?.type === "sync_response" && read.messages.length).toBe(500);
    const other = changed({ extra: "x".repeat(MAX_FRAME_BYTES) });
    expect(refusalOf(() => parseFrame(other, { allowsPage: true }))).toBe("too_large");
    const huge = changed({ extra: "x".repeat(MAX_PAGE_BYTES) });
    expect(refusalOf(() => parseFrame(huge, { allowsPage: true }))).toBe("too_large");
    const crowded = { type: "sync_response", channel_id: "c", messages: [...rows, PLAIN] };
    expect(refusalOf(() => parseFrame(JSON.stringify(crowded), { allowsPage: true }))).toBe(
      "malformed",
    );
  });

  it("throw nothing but what is documented, whatever JSON they hold", () => {
    const types = FRAMES.map(({ type }) => type);
    const names = [
      "version,peer_id,public_key,capabilities,nonce,oc,oc_hops,channel_id,message_id,sender_id,body,payload",
      "timestamp,signature,after_message_id,limit,messages,code,message,request,by,items,epoch,after",
      "max_bytes,next,more,answer,from,ranges,__proto__,constructor",
    ].flatMap((line) => line.split(","));
    assert(
      property(
        constantFrom(...types),
        dictionary(constantFrom(...names), jsonValue()),
        string(),
        (type, fields, noise) => {
          // Any other error goes through.
          refusalOf(() => parseFrame(JSON.stringify({ ...fields, type })));
          refusalOf(() => parseFrame(noise));
        },
      ),
    );
  });
});
