import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeBase64, tryDecodeBase64 } from "./base64.ts";

describe("Base64", () => {
  it("comes back as it went in, whatever the bytes and their place in a buffer", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(8), (bytes, offset) => {
        const view = new Uint8Array([...new Uint8Array(offset), ...bytes]).subarray(offset);
        expect(tryDecodeBase64(encodeBase64(view), 300)).toEqual(bytes);
      }),
    );
  });

  it.each(["-_8=", "+/8", "+/9=", " +/8=", "+/8=\n", "A", "====", "é"])("refuses %j", (text) => {
    expect(tryDecodeBase64(text, 100)).toBeUndefined();
  });

  it("refuses a text for more bytes than allowed, to the byte", () => {
    expect(tryDecodeBase64(encodeBase64(new Uint8Array(10)), 10)).toEqual(new Uint8Array(10));
    expect(tryDecodeBase64(encodeBase64(new Uint8Array(11)), 10)).toBeUndefined();
    expect(tryDecodeBase64("A".repeat(4_000), 10)).toBeUndefined();
  });
});
