import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { native } from "../../test-support/people.ts";
import { concatBytes } from "../codec/bytes.ts";
import { createPortableProvider } from "../crypto/portable.ts";
import { MAX_BOARD_VALUE_BYTES } from "../limits.ts";
import { boardValueInner, signBoardValue, verifyBoardValue } from "./board-value.ts";
import { seekerKey } from "./seeker.ts";

const portable = createPortableProvider();
const pair = native.ed25519Generate();
const key = seekerKey(pair.secret, pair.publicKey);
const INNER = new Uint8Array(50).fill(4);
const VALUE = signBoardValue(key, INNER, native);

describe("values on the message board", () => {
  it.each([native, portable])("are accepted at the address of their key: $name", (crypto) => {
    expect(verifyBoardValue(key.seeker, VALUE, crypto)).toBe(true);
    expect(signBoardValue(key, INNER, crypto)).toEqual(VALUE);
    expect(boardValueInner(VALUE)).toEqual(INNER);
  });

  it("with any bit flipped are refused", () => {
    for (let bit = 0; bit < VALUE.length * 8; bit++) {
      const flipped = Uint8Array.from(VALUE);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(verifyBoardValue(key.seeker, flipped, native)).toBe(false);
    }
  });

  it("are refused at any other address", () => {
    for (let bit = 0; bit < key.seeker.length * 8; bit++) {
      const seeker = Uint8Array.from(key.seeker);
      seeker[bit >> 3]! ^= 1 << (bit & 7);
      expect(verifyBoardValue(seeker, VALUE, native)).toBe(false);
    }
    expect(verifyBoardValue(key.seeker.subarray(1), VALUE, native)).toBe(false);
    expect(verifyBoardValue(new Uint8Array(), VALUE, native)).toBe(false);
  });

  it("cut short, lengthened or without a message are refused", () => {
    for (let length = 0; length < VALUE.length; length++) {
      expect(verifyBoardValue(key.seeker, VALUE.subarray(0, length), native)).toBe(false);
    }
    expect(verifyBoardValue(key.seeker, concatBytes(VALUE, Uint8Array.of(0)), native)).toBe(false);
    const empty = signBoardValue(key, new Uint8Array(), native);
    expect(verifyBoardValue(key.seeker, empty, native)).toBe(false);
  });

  it("above the size limit are refused before anything is hashed", () => {
    const huge = signBoardValue(key, new Uint8Array(MAX_BOARD_VALUE_BYTES), native);
    expect(verifyBoardValue(key.seeker, huge, native)).toBe(false);
  });

  it("of any bytes are refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(verifyBoardValue(key.seeker, bytes, native)).toBe(false);
      }),
    );
  });
});
