import { blake3 as nobleBlake3 } from "@noble/hashes/blake3.js";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../codec/bytes.ts";
import { blake3 } from "./blake3.ts";

/** The input of the published BLAKE3 test vectors: 0, 1, … 250, 0, 1, … */
function published(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

describe("blake3", () => {
  // First 32 bytes of "hash" in test_vectors.json of the BLAKE3 repository.
  it.each([
    [0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"],
    [1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"],
    [1023, "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11"],
    [1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"],
    [1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"],
  ])("gives the published hash of %d bytes", (length, hash) => {
    expect(toHex(blake3(published(length)))).toBe(hash);
  });

  it("agrees with @noble/hashes at every length up to four chunks and a bit", () => {
    const input = published(4300);
    for (let length = 0; length <= input.length; length++) {
      const part = input.subarray(0, length);
      expect(toHex(blake3(part))).toBe(toHex(nobleBlake3(part)));
    }
  });

  it("agrees with @noble/hashes on any bytes at any alignment", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40_000, size: "max" }), fc.nat(7), (bytes, offset) => {
        const part = bytes.subarray(Math.min(offset, bytes.length));
        expect(toHex(blake3(part))).toBe(toHex(nobleBlake3(part)));
      }),
      { numRuns: 50 },
    );
  });
});
