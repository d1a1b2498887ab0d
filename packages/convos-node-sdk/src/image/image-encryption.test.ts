import { describe, expect, it } from "vitest";
import { refusalOf } from "../../test-support/refusal.ts";
import { utf8Bytes } from "../codec/bytes.ts";
import { createImageKey, decryptImage, encryptImage } from "./image-encryption.ts";

const IMAGE = utf8Bytes("not really a picture");
const key = createImageKey();

describe("an encrypted image", () => {
  it("opens with the group's key", () => {
    expect(decryptImage(encryptImage(IMAGE, key), key)).toEqual(IMAGE);
  });

  it("looks different each time, so that two conversations do not show the same bytes", () => {
    const [first, second] = [encryptImage(IMAGE, key), encryptImage(IMAGE, key)];
    expect(first.ciphertext).not.toEqual(second.ciphertext);
    expect(first.salt).not.toEqual(second.salt);
  });

  it("is refused with another key, another salt, a changed byte or a missing one", () => {
    const image = encryptImage(IMAGE, key);
    const { ciphertext, salt } = image;
    const attempts = [
      () => decryptImage(image, createImageKey()),
      () => decryptImage({ ...image, salt: salt.with(0, (salt[0] ?? 0) ^ 1) }, key),
      () => decryptImage({ ...image, salt: salt.subarray(1) }, key),
      () => decryptImage({ ...image, nonce: new Uint8Array(16) }, key),
      () =>
        decryptImage({ ...image, ciphertext: ciphertext.with(0, (ciphertext[0] ?? 0) ^ 1) }, key),
      () => decryptImage({ ...image, ciphertext: ciphertext.subarray(1) }, key),
      () => decryptImage({ ...image, ciphertext: ciphertext.subarray(0, 5) }, key),
    ];
    for (const attempt of attempts) expect(refusalOf(attempt)).toBe("malformed");
  });

  it("has bounds", () => {
    const huge = new Uint8Array(11 * 1024 * 1024);
    expect(refusalOf(() => encryptImage(huge, key))).toBe("too_large");
    expect(refusalOf(() => encryptImage(IMAGE, key.subarray(1)))).toBe("invalid_input");
  });
});
