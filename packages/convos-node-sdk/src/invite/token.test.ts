import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../test-support/refusal.ts";
import { creator, stranger } from "../../test-support/sample-invites.ts";
import { utf8Bytes } from "../codec/bytes.ts";
import { openConversationToken, sealConversationToken } from "./token.ts";

const { privateKey, inboxId } = creator;
const NONCE = new Uint8Array(12).fill(7);

/** A token around any plaintext, made with another library. */
function tokenOf(plaintext: readonly number[]): Uint8Array {
  const info = utf8Bytes(`inbox:${inboxId}`);
  const key = hkdf(sha256, privateKey.reveal(), utf8Bytes("ConvosInviteV1"), info, 32);
  const sealed = chacha20poly1305(key, NONCE, utf8Bytes(inboxId)).encrypt(
    Uint8Array.from(plaintext),
  );
  return Uint8Array.from([1, ...NONCE, ...sealed]);
}

describe("conversation tokens", () => {
  it("open to the id that was sealed", () => {
    const anyId = fc.string({ unit: "grapheme", minLength: 1, maxLength: 600 });
    fc.assert(
      fc.property(anyId, (id) => {
        const token = sealConversationToken(id, privateKey, inboxId);
        expect(openConversationToken(token, privateKey, inboxId)).toBe(id);
      }),
    );
  });

  it("of a UUID are shorter and give it back in lower case", () => {
    const uuid = "FB88DE3F-F1C0-5B78-9BC7-B2EF7408F984";
    const token = sealConversationToken(uuid, privateKey, inboxId);
    expect(token).toHaveLength(46);
    expect(openConversationToken(token, privateKey, inboxId)).toBe(uuid.toLowerCase());
  });

  it("are sealed as another library seals them", () => {
    const sealed = sealConversationToken("x", privateKey, inboxId, () => NONCE);
    expect(sealed).toEqual(tokenOf([2, 1, 0x78]));
  });

  it("take ids of 1 to 65,535 bytes", () => {
    const longest = "x".repeat(65_535);
    const token = sealConversationToken(longest, privateKey, inboxId);
    expect(openConversationToken(token, privateKey, inboxId)).toBe(longest);
    for (const id of ["", `${longest}x`]) {
      const seal = () => sealConversationToken(id, privateKey, inboxId);
      expect(refusalOf(seal)).toBe("invalid_input");
    }
  });

  it("open for the creator's key and inbox only, and unchanged only", () => {
    const token = sealConversationToken("an id", privateKey, inboxId);
    const attempts = [
      () => openConversationToken(token, stranger.privateKey, inboxId),
      () => openConversationToken(token, privateKey, stranger.inboxId),
      () => openConversationToken(token, privateKey, inboxId.toUpperCase()),
      ...Array.from(
        { length: token.length - 1 },
        (_, at) => () =>
          openConversationToken(token.with(at + 1, (token[at + 1] ?? 0) ^ 1), privateKey, inboxId),
      ),
    ];
    for (const attempt of attempts) expect(refusalOf(attempt)).toBe("invite_forged");
  });

  it("may have bytes after the id", () => {
    expect(openConversationToken(tokenOf([2, 1, 0x78, 9, 9]), privateKey, inboxId)).toBe("x");
  });

  it.each([
    ["another version", tokenOf([2, 1, 0x78]).with(0, 2)],
    ["no bytes", new Uint8Array()],
    ["a nonce only", new Uint8Array(29).fill(1)],
    ["an empty id", tokenOf([2, 0, 0, 0])],
    ["a length beyond the end", tokenOf([2, 5, 0x78])],
    ["a long length beyond the end", tokenOf([2, 0, 1, 0, 0x78])],
    ["half a UUID", tokenOf([1, 2, 3])],
    ["an unknown kind", tokenOf([3, 1, 0x78])],
    ["an id that is not UTF-8", tokenOf([2, 1, 0xff])],
  ])("are refused with %s", (_what, token) => {
    const open = () => openConversationToken(token, privateKey, inboxId);
    expect(refusalOf(open)).toBe("malformed");
  });
});
