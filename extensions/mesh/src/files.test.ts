import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { isWhatWasSaid, MAX_INLINE_BYTES, readFile, toPayload } from "./files.ts";

const BYTES = Buffer.from("hello");
const SHA256 = createHash("sha256").update(BYTES).digest("hex");
const BASE64 = BYTES.toString("base64");

describe("a payload", () => {
  it.each([undefined, null, "text", 5, [1], {}, { type: "poll", options: ["a"] }])(
    "speaks of no file: %j",
    (payload) => {
      expect(readFile(payload)).toBe("none");
    },
  );

  it("has a file inside, as we and as the reference write it", () => {
    const payload = toPayload({ name: "a.txt", mimeType: "text/plain", bytes: BASE64 });
    expect(payload).toEqual({
      type: "file",
      mime: "text/plain",
      name: "a.txt",
      size: 5,
      sha256: SHA256,
      base64: BASE64,
    });
    expect(readFile(payload)).toEqual({
      kind: "inline",
      name: "a.txt",
      mimeType: "text/plain",
      sha256: SHA256,
      size: 5,
      bytes: BASE64,
    });
    expect(readFile({ type: "image", base64: BASE64 })).toEqual({ kind: "inline", bytes: BASE64 });
  });

  it("says where a file lies, over https only", () => {
    expect(readFile({ type: "image", url: "https://a.example/x", sha256: SHA256 })).toEqual({
      kind: "remote",
      url: "https://a.example/x",
      sha256: SHA256,
    });
    for (const url of [
      "http://a.example/x",
      "file:///etc/passwd",
      `https://${"a".repeat(2100)}`,
      5,
    ]) {
      expect(readFile({ type: "image", url })).toBe("unreadable");
    }
  });

  it.each([
    ["bytes that are not base64", { base64: "***" }],
    ["too many bytes", { base64: Buffer.alloc(MAX_INLINE_BYTES + 1).toString("base64") }],
    ["a hash of another form", { base64: BASE64, sha256: "abc" }],
    ["encrypted bytes", { url: "https://a.example/x", key: "k" }],
  ])("with %s cannot be read", (_what, payload) => {
    expect(readFile({ type: "file", ...payload })).toBe("unreadable");
  });

  it("cannot word a name that does more than name", () => {
    const file = readFile({ base64: BASE64, name: "a\u202Egnp\n.exe", mime: { a: 1 } });
    expect(file).toEqual({ kind: "inline", name: "agnp.exe", bytes: BASE64 });
  });
});

it("bytes have to be what was said of them", () => {
  expect(isWhatWasSaid(BYTES, {})).toBe(true);
  expect(isWhatWasSaid(BYTES, { sha256: SHA256, size: 5 })).toBe(true);
  expect(isWhatWasSaid(BYTES, { size: 4 })).toBe(false);
  expect(isWhatWasSaid(Buffer.from("other"), { sha256: SHA256 })).toBe(false);
});
