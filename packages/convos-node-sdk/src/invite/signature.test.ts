import { createHash, createPublicKey, verify } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../test-support/refusal.ts";
import { creator, stranger } from "../../test-support/sample-invites.ts";
import { utf8Bytes } from "../codec/bytes.ts";
import { publicKeyOf } from "../identity/key.ts";
import { isSignedBy, recoverInviteSigner, signInvitePayload } from "./signature.ts";

const payloadBytes = utf8Bytes("any bytes at all");
const signature = signInvitePayload(payloadBytes, creator.privateKey);
const GROUP_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

function withRecovery(recovery: number): Uint8Array {
  return Uint8Array.from([...signature.subarray(0, 64), recovery]);
}

/** The other signature that the same key could give for the same bytes. */
function withHighS(): Uint8Array {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32, 64)).toString("hex")}`);
  const high = Buffer.from((GROUP_ORDER - s).toString(16).padStart(64, "0"), "hex");
  return Uint8Array.from([...signature.subarray(0, 32), ...high, (signature[64] ?? 0) ^ 1]);
}

describe("the signature of an invite", () => {
  it("gives back the key and the address that made it", () => {
    const signer = recoverInviteSigner({ payloadBytes, signature });
    expect(signer.publicKey).toEqual(publicKeyOf(creator.privateKey));
    expect(signer.address).toBe(creator.address);
  });

  it("is plain ECDSA over SHA-256, as Node's own crypto checks it", () => {
    const [, ...point] = publicKeyOf(creator.privateKey);
    const coordinate = (from: number) =>
      Buffer.from(point.slice(from, from + 32)).toString("base64url");
    const key = createPublicKey({
      format: "jwk",
      key: { kty: "EC", crv: "secp256k1", x: coordinate(0), y: coordinate(32) },
    });
    const compact = signature.subarray(0, 64);
    expect(verify("sha256", payloadBytes, { key, dsaEncoding: "ieee-p1363" }, compact)).toBe(true);
  });

  it("belongs to a key in either of its forms, and to no other", () => {
    const compressed = secp256k1.getPublicKey(creator.privateKey.reveal(), true);
    expect(isSignedBy({ payloadBytes, signature }, compressed)).toBe(true);
    expect(isSignedBy({ payloadBytes, signature }, publicKeyOf(creator.privateKey))).toBe(true);
    expect(isSignedBy({ payloadBytes, signature }, publicKeyOf(stranger.privateKey))).toBe(false);
    expect(isSignedBy({ payloadBytes, signature }, new Uint8Array())).toBe(false);
  });

  it("of other bytes gives another key", () => {
    const other = createHash("sha256").update("other bytes").digest();
    const { address } = recoverInviteSigner({ payloadBytes: other, signature });
    expect(address).not.toBe(creator.address);
  });

  it.each([
    ["64 bytes", signature.subarray(0, 64)],
    ["a recovery id that nobody writes", withRecovery(27)],
    // Some readers take every id that is not 1 for 0.
    ["a recovery id with a bit too many", withRecovery((signature[64] ?? 0) | 0x80)],
    ["zeros", new Uint8Array(65)],
    ["the higher s", withHighS()],
    ["the highest numbers", new Uint8Array(65).fill(0xff).with(64, 0)],
  ])("is refused when it has %s", (_what, bytes) => {
    expect(refusalOf(() => recoverInviteSigner({ payloadBytes, signature: bytes }))).toBe(
      "invite_forged",
    );
    const isOurs = isSignedBy({ payloadBytes, signature: bytes }, publicKeyOf(creator.privateKey));
    expect(isOurs).toBe(false);
  });
});
