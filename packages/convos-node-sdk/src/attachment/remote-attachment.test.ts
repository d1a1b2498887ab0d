import { createCipheriv, createHash, hkdfSync } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../test-support/refusal.ts";
import { concatBytes, utf8Bytes } from "../codec/bytes.ts";
import { ProtobufWriter } from "../codec/protobuf.ts";
import { openRemoteAttachment, sealRemoteAttachment } from "./remote-attachment.ts";

const NOTE = { filename: "note.txt", mimeType: "text/plain", bytes: utf8Bytes("hello") };

/** A payload around any plaintext, with its keys. */
function sealed(plaintext: Uint8Array) {
  const [secret, salt, nonce] = [new Uint8Array(32), new Uint8Array(32), new Uint8Array(12)];
  const key = new Uint8Array(hkdfSync("sha256", secret, salt, "", 32));
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const body = concatBytes(cipher.update(plaintext), cipher.final());
  const payload = concatBytes(body, cipher.getAuthTag());
  const contentDigest = createHash("sha256").update(payload).digest("hex");
  return { payload, keys: { secret, salt, nonce, contentDigest } };
}

describe("a remote attachment", () => {
  it("opens to the file that was sealed", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 60 });
    const files = fc.record({ filename: text, mimeType: text, bytes: fc.uint8Array() });
    fc.assert(
      fc.property(files, (file) => {
        const { payload, ...keys } = sealRemoteAttachment(file);
        expect(openRemoteAttachment(payload, keys)).toEqual(file);
      }),
    );
  });

  it("is refused when any byte, or any key, is another one", () => {
    const { payload, ...keys } = sealRemoteAttachment(NOTE);
    const attempts = [
      () => openRemoteAttachment(flip(payload), keys),
      () => openRemoteAttachment(payload.subarray(1), keys),
      () => openRemoteAttachment(payload, { ...keys, secret: flip(keys.secret) }),
      () => openRemoteAttachment(payload, { ...keys, salt: flip(keys.salt) }),
      () => openRemoteAttachment(payload, { ...keys, nonce: flip(keys.nonce) }),
      () => openRemoteAttachment(payload, { ...keys, nonce: new Uint8Array() }),
      () => openRemoteAttachment(payload, { ...keys, contentDigest: "0".repeat(64) }),
    ];
    for (const attempt of attempts) expect(refusalOf(attempt)).toBe("malformed");
  });

  it.each([
    ["is of another type", new ProtobufWriter().text(4, "content").finish()],
    ["is no protobuf", utf8Bytes("no protobuf")],
    ["is compressed", compressed()],
  ])("is refused when what was sealed %s", (_what, plaintext) => {
    const { payload, keys } = sealed(plaintext);
    expect(refusalOf(() => openRemoteAttachment(payload, keys))).toBe("malformed");
  });

  it("has a bound", () => {
    const bytes = new Uint8Array(26 * 1024 * 1024);
    expect(refusalOf(() => sealRemoteAttachment({ ...NOTE, bytes }))).toBe("too_large");
  });
});

function flip(bytes: Uint8Array): Uint8Array {
  return bytes.with(0, (bytes[0] ?? 0) ^ 1);
}

function compressed(): Uint8Array {
  const type = new ProtobufWriter().text(1, "xmtp.org").text(2, "attachment").finish();
  return new ProtobufWriter().bytes(1, type).text(4, "content").varint(5, 1).finish();
}
