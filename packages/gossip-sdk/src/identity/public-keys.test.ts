import { blake3 } from "@noble/hashes/blake3.js";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { person } from "../../test-support/people.ts";
import { refusalOf } from "../../test-support/refusal.ts";
import { BinWriter } from "../codec/bin.ts";
import { concatBytes } from "../codec/bytes.ts";
import { formatMassaText } from "../codec/massa-text.ts";
import { parsePublicKeys } from "./public-keys.ts";
import { userIdToBytes } from "./user-id.ts";

const { publicKeys } = person(1);
const { bytes, dsaPublicKey, kemPublicKey, massaPublicKey, evmPublicKey } = publicKeys;
const massaText = formatMassaText("P", massaPublicKey);
const refusal = expect.objectContaining({ code: "invalid_public_keys" });

describe("public key bundles", () => {
  it("are parsed to the keys and the id they were made of", () => {
    expect(parsePublicKeys(bytes)).toEqual(publicKeys);
    expect(userIdToBytes(publicKeys.userId)).toEqual(blake3(bytes));
  });

  it("are copied, so that a reused buffer changes nothing", () => {
    const buffer = Uint8Array.from(bytes);
    const parsed = parsePublicKeys(buffer);
    buffer.fill(0);
    expect(parsed).toEqual(publicKeys);
  });

  it("are refused when cut short anywhere", () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => {
        expect(() => parsePublicKeys(bytes.subarray(0, length))).toThrow(refusal);
      }),
    );
  });

  it("with a bit flipped are refused or name somebody else", () => {
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const flipped = Uint8Array.from(bytes);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        let userId: string | undefined;
        const refused = refusalOf(() => {
          userId = parsePublicKeys(flipped).userId;
        });
        expect(refused).toBeOneOf([undefined, "invalid_public_keys"]);
        expect(userId).not.toBe(publicKeys.userId);
      }),
      { numRuns: 300 },
    );
  });

  it("of any bytes are refused with our error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000, size: "max" }), (junk) => {
        expect(() => parsePublicKeys(junk)).toThrow(refusal);
      }),
    );
  });

  it.each([
    ["bytes after the last key", concatBytes(bytes, Uint8Array.of(0))],
    [
      "a length that is longer than needed",
      concatBytes(Uint8Array.of(252, 0xa0, 0x07, 0, 0), bytes.subarray(3)),
    ],
    [
      "three keys, the form of before April 2026",
      new BinWriter().bytes(dsaPublicKey).bytes(kemPublicKey).text(massaText).finish(),
    ],
    ["an ML-KEM key out of range", encode({ kem: new Uint8Array(1184).fill(255) })],
    ["an ML-KEM key of another size", encode({ kem: new Uint8Array(1183) })],
    ["an ML-DSA key of another size", encode({ dsa: new Uint8Array(1951) })],
    ["a Massa key of another version", encode({ massa: `P${massaText.slice(2)}` })],
    ["an uncompressed secp256k1 key", encode({ evm: new Uint8Array(33).fill(4) })],
    ["a secp256k1 key of another size", encode({ evm: evmPublicKey.subarray(1) })],
    ["five kilobytes", new Uint8Array(5 * 1024)],
  ])("with %s are refused", (_what, invalid) => {
    expect(() => parsePublicKeys(invalid)).toThrow(refusal);
  });
});

function encode(keys: { dsa?: Uint8Array; kem?: Uint8Array; massa?: string; evm?: Uint8Array }) {
  return new BinWriter()
    .bytes(keys.dsa ?? dsaPublicKey)
    .bytes(keys.kem ?? kemPublicKey)
    .text(keys.massa ?? massaText)
    .bytes(keys.evm ?? evmPublicKey)
    .finish();
}
