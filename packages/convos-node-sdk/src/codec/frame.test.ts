import { deflateRawSync, deflateSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../test-support/refusal.ts";
import { concatBytes, utf8Bytes } from "./bytes.ts";
import { compressIfSmaller, decompressFrame } from "./frame.ts";

const MAX_BYTES = 1024 * 1024;
const MESSAGE = utf8Bytes(`\n${"a message that repeats itself, ".repeat(20)}`);

function sized(size: number, body: Uint8Array): Uint8Array {
  const header = new Uint8Array(5);
  header[0] = 0x1f;
  new DataView(header.buffer).setUint32(1, size);
  return concatBytes(header, body);
}

describe("frames", () => {
  it.each([
    ["none", MESSAGE],
    ["a size and raw DEFLATE", sized(MESSAGE.length, deflateRawSync(MESSAGE))],
    ["a size and zlib", sized(MESSAGE.length, deflateSync(MESSAGE))],
    ["zlib without a size", concatBytes(Uint8Array.of(0x78), deflateSync(MESSAGE))],
  ])("are read: %s", (_what, frame) => {
    expect(decompressFrame(frame, MAX_BYTES)).toEqual(MESSAGE);
  });

  it("give back what was compressed", () => {
    const anyMessage = fc.uint8Array({ minLength: 1, maxLength: 2000 });
    fc.assert(
      fc.property(anyMessage, (bytes) => {
        const message = concatBytes(Uint8Array.of(0x0a), bytes);
        expect(decompressFrame(compressIfSmaller(message), MAX_BYTES)).toEqual(message);
      }),
    );
  });

  it("are made only when they are smaller, and never of up to 100 bytes", () => {
    const incompressible = deflateRawSync(utf8Bytes(Array.from({ length: 500 }, String).join()));
    expect(compressIfSmaller(incompressible)).toBe(incompressible);
    expect(compressIfSmaller(new Uint8Array(100))).toHaveLength(100);
    expect(compressIfSmaller(new Uint8Array(101))[0]).toBe(0x1f);
  });

  it.each([
    ["a size of 2 GiB", sized(2 ** 31, deflateRawSync(MESSAGE)), "too_large"],
    ["more than the caller takes", sized(MAX_BYTES + 1, new Uint8Array(20_000)), "too_large"],
    ["a ratio above 100", sized(MAX_BYTES, deflateRawSync(new Uint8Array(MAX_BYTES))), "too_large"],
    ["a size of 0", sized(0, deflateRawSync(new Uint8Array())), "malformed"],
    ["a size that is too small", sized(5, deflateRawSync(MESSAGE)), "malformed"],
    ["a size that is too large", sized(MESSAGE.length + 1, deflateRawSync(MESSAGE)), "malformed"],
    ["a cut stream", sized(MESSAGE.length, deflateRawSync(MESSAGE).subarray(0, -1)), "malformed"],
    [
      "bytes after the stream",
      sized(MESSAGE.length, concatBytes(deflateRawSync(MESSAGE), Uint8Array.of(1))),
      "malformed",
    ],
    ["no body", sized(1, new Uint8Array()), "malformed"],
    ["half a header", Uint8Array.of(0x1f, 0, 0), "malformed"],
    [
      "an unsized bomb",
      concatBytes(Uint8Array.of(0x78), deflateSync(new Uint8Array(MAX_BYTES))),
      "malformed",
    ],
    ["a damaged unsized stream", Uint8Array.of(0x78, 0x78, 0x9c, 1), "malformed"],
    ["an uncompressed message that is too long", new Uint8Array(MAX_BYTES + 1), "too_large"],
  ])("are refused with %s", (_what, frame, code) => {
    expect(refusalOf(() => decompressFrame(frame, MAX_BYTES))).toBe(code);
  });

  it("of a bomb that lies about its size cost no more memory than the size that they name", () => {
    const bomb = deflateRawSync(new Uint8Array(64 * MAX_BYTES));
    const before = process.memoryUsage().arrayBuffers;
    expect(refusalOf(() => decompressFrame(sized(MAX_BYTES, bomb), MAX_BYTES))).toBe("malformed");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * MAX_BYTES);
  });
});
