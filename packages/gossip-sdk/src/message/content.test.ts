import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../test-support/refusal.ts";
import { toHex, utf8Bytes } from "../codec/bytes.ts";
import { ProtobufWriter } from "../codec/protobuf.ts";
import { GossipError } from "../errors.ts";
import { encodeMessageContent, type MessageContent, parseMessageContent } from "./content.ts";

const ID = new Uint8Array(12).fill(1);
const CITED = new Uint8Array(12).fill(2);
const AUTHOR = new Uint8Array(32).fill(3);
const id = fc.uint8Array({ minLength: 12, maxLength: 12 });
const text = fc.string({ unit: "grapheme", maxLength: 60 });

const anyContent: fc.Arbitrary<MessageContent> = fc.oneof(
  fc.record({ type: fc.constant("text" as const), messageId: id, text }),
  fc.record({ type: fc.constant("reply" as const), messageId: id, text, citedId: id }),
  fc.record({ type: fc.constant("edit" as const), messageId: id, text, citedId: id }),
  fc.record({ type: fc.constant("reaction" as const), messageId: id, emoji: text, citedId: id }),
  fc.record({ type: fc.constant("delete" as const), messageId: id, citedId: id }),
  fc.record({
    type: fc.constant("forward" as const),
    messageId: id,
    text,
    forwardedText: text,
    author: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  }),
  fc.constant({ type: "keep_alive" as const }),
  fc.record({ type: fc.constant("retention" as const), seconds: fc.maxSafeNat() }),
);

describe("message contents", () => {
  it("of every kind are read back as they were written", () => {
    fc.assert(
      fc.property(anyContent, (content) => {
        expect(parseMessageContent(encodeMessageContent(content))).toEqual(content);
      }),
      { numRuns: 300 },
    );
  });

  it("are written with zero values, in number order, as the official client does", () => {
    const empty = encodeMessageContent({ type: "text", messageId: ID, text: "" });
    expect(toHex(empty)).toBe(`0800120c${toHex(ID)}1a00`);
    expect(toHex(encodeMessageContent({ type: "keep_alive" }))).toBe("08031a00");
    expect(
      toHex(
        encodeMessageContent({
          type: "forward",
          messageId: ID,
          text: "a",
          forwardedText: "b",
          author: AUTHOR,
        }),
      ),
    ).toBe(`0802120c${toHex(ID)}1a01612a20${toHex(AUTHOR)}320162`);
  });

  it("without a type are text, and without content are empty", () => {
    const bytes = new ProtobufWriter().bytes(2, ID).finish();
    expect(parseMessageContent(bytes)).toEqual({ type: "text", messageId: ID, text: "" });
  });

  it("with fields we do not know are read without them", () => {
    const bytes = new ProtobufWriter()
      .varint(1, 0)
      .varint(900, 7)
      .bytes(2, ID)
      .bytes(3, utf8Bytes("hi"))
      .bytes(77, ID)
      .finish();
    expect(parseMessageContent(bytes)).toEqual({ type: "text", messageId: ID, text: "hi" });
  });

  it("cut short anywhere are refused or lose whole fields, with our error only", () => {
    const bytes = encodeMessageContent({ type: "reply", messageId: ID, text: "x", citedId: CITED });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => parseMessageContent(bytes.subarray(0, length))).toThrow(
        expect.objectContaining({ code: "malformed" }),
      );
    }
  });

  it("of any bytes are read or refused with our error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const refusal = refusalOf(() => parseMessageContent(bytes));
        expect(refusal).toBeOneOf([undefined, "malformed"]);
      }),
      { numRuns: 1000 },
    );
  });

  const missing: [string, Uint8Array][] = [
    ["nothing", new Uint8Array()],
    ["an unknown type", new ProtobufWriter().varint(1, 8).bytes(2, ID).finish()],
    ["a text without id", new ProtobufWriter().varint(1, 0).bytes(3, ID).finish()],
    ["an id of 11 bytes", new ProtobufWriter().bytes(2, ID.subarray(1)).finish()],
    ["a reply without citation", new ProtobufWriter().varint(1, 1).bytes(2, ID).finish()],
    ["a reaction citing 13 bytes", cites(6, new Uint8Array(13))],
    ["an edit citing nothing", cites(5, new Uint8Array())],
    ["a delete citing 11 bytes", cites(4, CITED.subarray(1))],
    [
      "a forward without author",
      new ProtobufWriter().varint(1, 2).bytes(2, ID).bytes(6, ID).finish(),
    ],
    [
      "a forward without text",
      new ProtobufWriter().varint(1, 2).bytes(2, ID).bytes(5, AUTHOR).finish(),
    ],
    [
      "text that is not UTF-8",
      new ProtobufWriter().bytes(2, ID).bytes(3, Uint8Array.of(0xc0)).finish(),
    ],
    ["two megabytes", new Uint8Array(2 * 1024 * 1024)],
  ];
  it.each(missing)("with %s are refused", (_what, bytes) => {
    expect(() => parseMessageContent(bytes)).toThrow(
      expect.objectContaining({ code: "malformed" }),
    );
  });

  it.each([
    ["3600", 3600],
    ["0", 0],
    ["-5", 0],
    ["", 0],
    ["soon", 0],
    ["Infinity", 0],
    ["99999999999999999999", 0],
    ["12.9", 12],
  ])("read a retention of %j as %d seconds", (content, seconds) => {
    const bytes = new ProtobufWriter().varint(1, 7).bytes(3, utf8Bytes(content)).finish();
    expect(parseMessageContent(bytes)).toEqual({ type: "retention", seconds });
  });

  it("are not written with an id of the wrong length, a fraction of a second, or too much text", () => {
    expect(() =>
      encodeMessageContent({ type: "text", messageId: new Uint8Array(11), text: "" }),
    ).toThrow(GossipError);
    expect(() => encodeMessageContent({ type: "retention", seconds: 1.5 })).toThrow(GossipError);
    expect(() => encodeMessageContent({ type: "retention", seconds: -1 })).toThrow(GossipError);
    expect(() =>
      encodeMessageContent({ type: "text", messageId: ID, text: "x".repeat(512 * 1024) }),
    ).toThrow(expect.objectContaining({ code: "too_large" }));
  });
});

function cites(type: number, citedId: Uint8Array): Uint8Array {
  return new ProtobufWriter().varint(1, type).bytes(2, ID).bytes(4, citedId).finish();
}
