import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8Bytes } from "../codec/bytes.ts";
import { GossipError } from "../errors.ts";
import { createNativeProvider } from "./native.ts";
import { createPortableProvider } from "./portable.ts";
import { SecretBytes } from "./secret-bytes.ts";

const native = createNativeProvider();
const portable = createPortableProvider();
const BOTH_WAYS = [
  { name: "native to portable", from: native, to: portable },
  { name: "portable to native", from: portable, to: native },
];
const EACH = [native, portable];
const CONTEXT = utf8Bytes("auth.auth_blob.sign.signature_dsa_message");
const MESSAGE = new Uint8Array(32).fill(9);
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const FEW = { numRuns: 20 };

describe("the two providers", () => {
  it("derive the same public keys from a seed", () => {
    fc.assert(
      fc.property(bytes(64), bytes(32), (kemSeed, seed) => {
        const kem = new SecretBytes(kemSeed);
        const secret = new SecretBytes(seed);
        expect(native.kemPublicKey(kem)).toEqual(portable.kemPublicKey(kem));
        expect(native.dsaPublicKey(secret)).toEqual(portable.dsaPublicKey(secret));
        expect(native.ed25519PublicKey(new SecretBytes(seed))).toEqual(
          portable.ed25519PublicKey(new SecretBytes(seed)),
        );
        expect(native.secp256k1PublicKey(secret)).toEqual(portable.secp256k1PublicKey(secret));
      }),
      { numRuns: 8 },
    );
  });

  it.each(BOTH_WAYS)("share a secret through a generated key: $name", ({ from, to }) => {
    const { secret, publicKey } = to.kemGenerate();
    const { ciphertext, sharedSecret } = from.kemEncapsulate(publicKey);
    expect(Buffer.from(to.kemDecapsulate(secret, ciphertext))).toEqual(Buffer.from(sharedSecret));
    expect(Buffer.from(from.kemDecapsulate(secret, ciphertext))).toEqual(Buffer.from(sharedSecret));
  });

  it("give the same secret for a ciphertext that is for nobody", () => {
    const { secret } = native.kemGenerate();
    fc.assert(
      fc.property(bytes(1088), (ciphertext) => {
        expect(Buffer.from(native.kemDecapsulate(secret, ciphertext))).toEqual(
          Buffer.from(portable.kemDecapsulate(secret, ciphertext)),
        );
      }),
      FEW,
    );
  });

  it.each(BOTH_WAYS)("accept each other's ML-DSA signatures: $name", ({ from, to }) => {
    const secret = new SecretBytes(new Uint8Array(32).fill(3));
    const signature = from.dsaSign(secret, MESSAGE, CONTEXT);
    const publicKey = to.dsaPublicKey(secret);
    expect(to.dsaVerify(publicKey, MESSAGE, CONTEXT, signature)).toBe(true);
    expect(to.dsaVerify(publicKey, MESSAGE, utf8Bytes("other"), signature)).toBe(false);
    expect(to.dsaVerify(publicKey, new Uint8Array(32), CONTEXT, signature)).toBe(false);
    expect(to.dsaVerify(publicKey, MESSAGE, CONTEXT, signature.subarray(1))).toBe(false);
  });

  it.each(BOTH_WAYS)("accept each other's Ed25519 signatures: $name", ({ from, to }) => {
    const { secret, publicKey } = from.ed25519Generate();
    const signature = from.ed25519Sign(secret, MESSAGE);
    expect(Buffer.from(to.ed25519Sign(secret, MESSAGE))).toEqual(Buffer.from(signature));
    expect(to.ed25519Verify(publicKey, MESSAGE, signature)).toBe(true);
    expect(to.ed25519Verify(publicKey, new Uint8Array(32), signature)).toBe(false);
    expect(to.ed25519Verify(publicKey.subarray(1), MESSAGE, signature)).toBe(false);
  });

  it.each([
    ["0", "00".repeat(32)],
    ["the order of the group", "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"],
  ])("refuse %s as a scalar of secp256k1", (_what, scalar) => {
    const secret = new SecretBytes(Buffer.from(scalar, "hex"));
    for (const crypto of EACH)
      expect(() => crypto.secp256k1PublicKey(secret)).toThrow(/invalid|not valid/u);
  });

  it("call arbitrary keys and signatures false, and throw nothing", () => {
    const dsaSignature = native.dsaSign(new SecretBytes(new Uint8Array(32)), MESSAGE, CONTEXT);
    fc.assert(
      fc.property(bytes(32), bytes(64), bytes(1952), (edKey, edSignature, dsaKey) => {
        for (const crypto of EACH) {
          expect(crypto.ed25519Verify(edKey, MESSAGE, edSignature)).toBe(false);
          expect(crypto.dsaVerify(dsaKey, MESSAGE, CONTEXT, dsaSignature)).toBe(false);
        }
      }),
      FEW,
    );
  });

  it("seal AES-SIV to the same bytes and open it, at any length", () => {
    fc.assert(
      fc.property(
        bytes(64),
        bytes(16),
        fc.uint8Array({ maxLength: 50 }),
        fc.uint8Array({ maxLength: 100 }),
        fc.nat(100),
        (key, nonce, aad, plaintext, length) => {
          const sealed = native.aesSivSeal(key, nonce, aad, plaintext);
          expect(sealed).toEqual(portable.aesSivSeal(key, nonce, aad, plaintext));
          for (const crypto of EACH) {
            const opened = crypto.aesSivOpen(key, nonce, aad, sealed);
            expect(opened && Uint8Array.from(opened)).toEqual(plaintext);
            const peeked = Uint8Array.from(crypto.aesSivPeek(key, sealed, length));
            expect(peeked).toEqual(plaintext.subarray(0, length));
          }
        },
      ),
    );
  });

  it("refuse AES-SIV data with any bit flipped, cut short, or under another nonce or aad", () => {
    const key = new Uint8Array(64).fill(1);
    const nonce = new Uint8Array(16).fill(2);
    const aad = new Uint8Array(3);
    const sealed = native.aesSivSeal(key, nonce, aad, new Uint8Array(40));
    for (const crypto of EACH) {
      for (let bit = 0; bit < sealed.length * 8; bit++) {
        const flipped = Uint8Array.from(sealed);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        expect(crypto.aesSivOpen(key, nonce, aad, flipped)).toBeUndefined();
      }
      for (let length = 0; length < sealed.length; length++) {
        expect(crypto.aesSivOpen(key, nonce, aad, sealed.subarray(0, length))).toBeUndefined();
      }
      expect(crypto.aesSivOpen(key, new Uint8Array(16), aad, sealed)).toBeUndefined();
      expect(crypto.aesSivOpen(key, nonce, new Uint8Array(2), sealed)).toBeUndefined();
    }
  });

  it("derive the same keys with HKDF", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.uint8Array({ maxLength: 3000 }),
        fc.uint8Array({ maxLength: 60 }),
        fc.integer({ min: 1, max: 200 }),
        (salt, input, info, length) => {
          const key = native.hkdfExtract(salt, input);
          expect(Uint8Array.from(key)).toEqual(portable.hkdfExtract(salt, input));
          expect(native.hkdfExpand(key, info, length)).toEqual(
            portable.hkdfExpand(key, info, length),
          );
        },
      ),
    );
  });

  it.each(EACH)("refuse ML-KEM keys and ciphertexts that are none: $name", (crypto) => {
    const { secret, publicKey } = crypto.kemGenerate();
    const outOfRange = Uint8Array.from(publicKey).fill(0xff, 0, 3);
    expect(() => crypto.kemEncapsulate(outOfRange)).toThrow(
      expect.objectContaining({ code: "invalid_public_keys" }),
    );
    expect(() => crypto.kemEncapsulate(publicKey.subarray(1))).toThrow(GossipError);
    expect(() => crypto.kemDecapsulate(secret, new Uint8Array(1087))).toThrow(
      expect.objectContaining({ code: "malformed" }),
    );
  });

  it("notice when a remembered public key was overwritten", () => {
    const first = native.kemGenerate();
    const second = native.kemGenerate();
    const buffer = Uint8Array.from(first.publicKey);
    native.kemEncapsulate(buffer);
    buffer.set(second.publicKey);
    const { ciphertext, sharedSecret } = native.kemEncapsulate(buffer);
    expect(native.kemDecapsulate(second.secret, ciphertext)).toEqual(sharedSecret);
  });

  it("leave their inputs as they were", () => {
    const key = Buffer.alloc(64, 1);
    const nonce = Buffer.alloc(16, 2);
    const plaintext = Buffer.alloc(50, 3);
    for (const crypto of EACH) {
      const sealed = Buffer.from(crypto.aesSivSeal(key, nonce, nonce, plaintext));
      const before = Buffer.concat([sealed]);
      crypto.aesSivOpen(key, nonce, nonce, sealed);
      crypto.aesSivPeek(key, sealed, 10);
      expect(sealed).toEqual(before);
    }
    expect([key, nonce, plaintext]).toEqual([
      Buffer.alloc(64, 1),
      Buffer.alloc(16, 2),
      Buffer.alloc(50, 3),
    ]);
  });
});
