import { bech32, bech32m } from "@scure/base";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GossipError } from "../errors.ts";
import { parseUserId, tryParseUserId, userIdFromBytes, userIdToBytes } from "./user-id.ts";

const TEXT = "gossip1ywzkutgadznd0509tsl4gs4xjvsudhzgjuxc46ytngvq0lacx5es2xyz5s";
const HEX = "23856e2d1d68a6d7d1e55c3f5442a69321c6dc48970d8ae88b9a1807ffb83533";
const WORDS = bech32.toWords(Buffer.from(HEX, "hex"));

describe("user ids", () => {
  it("stand for 32 bytes", () => {
    expect(Buffer.from(userIdToBytes(parseUserId(TEXT))).toString("hex")).toBe(HEX);
    expect(userIdFromBytes(Buffer.from(HEX, "hex"))).toBe(TEXT);
  });

  it("are taken in upper case and kept in lower case", () => {
    expect(parseUserId(TEXT.toUpperCase())).toBe(TEXT);
  });

  it("of any 32 bytes give the bytes back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        expect(userIdToBytes(userIdFromBytes(bytes))).toEqual(bytes);
      }),
    );
  });

  it("with any one character changed are refused", () => {
    const at = fc.integer({ min: 0, max: TEXT.length - 1 });
    fc.assert(
      fc.property(at, fc.string({ minLength: 1, maxLength: 1 }), (index, replacement) => {
        fc.pre(replacement !== TEXT[index]);
        const changed = TEXT.slice(0, index) + replacement + TEXT.slice(index + 1);
        expect(tryParseUserId(changed)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["mixed case", TEXT.replace("gossip1y", "gossip1Y")],
    ["bech32m", bech32m.encode("gossip", WORDS)],
    ["another prefix", bech32.encode("gossiq", WORDS)],
    ["31 bytes", bech32.encode("gossip", bech32.toWords(new Uint8Array(31)))],
    ["33 bytes", bech32.encode("gossip", bech32.toWords(new Uint8Array(33)))],
    [
      "bits that are not zero behind the last byte",
      bech32.encode("gossip", [...WORDS.slice(0, -1), (WORDS.at(-1) ?? 0) ^ 1]),
    ],
    ["white space around it", ` ${TEXT}`],
    ["nothing", ""],
    ["a very long text", TEXT.repeat(1000)],
  ])("refuse %s", (_what, text) => {
    expect(() => parseUserId(text)).toThrow(expect.objectContaining({ code: "invalid_user_id" }));
  });

  it.each([0, 31, 33])("are not made of %d bytes", (length) => {
    expect(() => userIdFromBytes(new Uint8Array(length))).toThrow(GossipError);
  });
});
