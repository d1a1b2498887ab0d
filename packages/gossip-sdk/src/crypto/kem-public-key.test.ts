import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPortableProvider } from "./portable.ts";
import { isKemPublicKey, passesModulusCheck } from "./kem-public-key.ts";
import { SecretBytes } from "./secret-bytes.ts";

const portable = createPortableProvider();
const KEY = portable.kemPublicKey(new SecretBytes(new Uint8Array(64).fill(1)));

describe("the modulus check", () => {
  it("passes every real key, at every prefix length", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), fc.nat(1184), (seed, length) => {
        const key = portable.kemPublicKey(new SecretBytes(seed));
        expect(isKemPublicKey(key)).toBe(true);
        expect(passesModulusCheck(key.subarray(0, length))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it("takes 3328 and refuses 3329 at every position", () => {
    for (let index = 0; index < 768; index++) {
      expect(isKemPublicKey(withCoefficient(index, 3328))).toBe(true);
      expect(isKemPublicKey(withCoefficient(index, 3329))).toBe(false);
    }
  });

  it("ignores the 32 bytes of seed at the end", () => {
    expect(isKemPublicKey(Uint8Array.from({ length: 1184 }, (_, i) => (i < 1152 ? 0 : 255)))).toBe(
      true,
    );
  });

  it("refuses keys of another length", () => {
    expect(isKemPublicKey(KEY.subarray(1))).toBe(false);
    expect(isKemPublicKey(new Uint8Array(1185))).toBe(false);
  });
});

/** The key with one 12-bit coefficient replaced, written bit by bit. */
function withCoefficient(index: number, value: number): Uint8Array {
  const key = Uint8Array.from(KEY);
  for (let bit = 0; bit < 12; bit++) {
    const at = index * 12 + bit;
    const mask = 1 << (at % 8);
    const byte = Math.floor(at / 8);
    key[byte] = ((value >> bit) & 1) === 1 ? key[byte]! | mask : key[byte]! & ~mask;
  }
  return key;
}
