import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mustOpen, native, NOON_MS, person } from "../../test-support/people.ts";
import { BinWriter } from "../codec/bin.ts";
import { concatBytes, utf8Bytes } from "../codec/bytes.ts";
import { AnnouncementKeys, deriveAuthMessages } from "../crypto/kdf.ts";
import { createPortableProvider } from "../crypto/portable.ts";
import { KEM_PUBLIC_KEY_BYTES } from "../crypto/provider.ts";
import type { Identity } from "../identity/identity.ts";
import { userIdToBytes } from "../identity/user-id.ts";
import { createAnnouncement, openAnnouncement, rejectForeignAnnouncement } from "./announcement.ts";

const portable = createPortableProvider();
const alice = person(1);
const bob = person(2);
const carol = person(3);
const HELLO = utf8Bytes("hello bob");
const DSA_CONTEXT = utf8Bytes("auth.auth_blob.sign.signature_dsa_message");
const FROM_ALICE = announce().bytes;

describe("announcements", () => {
  it.each([
    ["native to portable", native, portable],
    ["portable to native", portable, native],
  ])("are opened by the recipient: %s", (_direction, from, to) => {
    const { bytes, request } = announce(from);
    const opened = mustOpen(bob, bytes, to);
    expect(opened.sender).toEqual(alice.publicKeys);
    expect(opened.userData).toEqual(HELLO);
    expect(opened.request.createdAtMs).toBe(NOON_MS);
    expect(opened.request.chainKey.reveal()).toEqual(request.chainKey.reveal());
    expect(opened.request.seekerSeed.reveal()).toEqual(request.seekerSeed.reveal());
    expect(opened.request.kemPublicKey).toEqual(to.kemPublicKey(request.kemSecret));
  });

  it("are nothing to anybody else", () => {
    for (const crypto of [native, portable]) {
      expect(openAnnouncement({ identity: carol, bytes: FROM_ALICE, crypto })).toBeUndefined();
      expect(openAnnouncement({ identity: alice, bytes: FROM_ALICE, crypto })).toBeUndefined();
    }
  });

  it("are taken from a Buffer, which is left as it was", () => {
    const buffer = Buffer.from(FROM_ALICE);
    expect(mustOpen(bob, buffer).userData).toEqual(HELLO);
    expect(Buffer.compare(buffer, FROM_ALICE)).toBe(0);
  });

  it("with any bit flipped are refused", () => {
    fc.assert(
      fc.property(fc.nat(FROM_ALICE.length * 8 - 1), (bit) => {
        const bytes = Uint8Array.from(FROM_ALICE);
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        expect(openAnnouncement({ identity: bob, bytes, crypto: native })).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });

  it("cut short or lengthened are refused", () => {
    fc.assert(
      fc.property(fc.nat(FROM_ALICE.length - 1), (length) => {
        const bytes = FROM_ALICE.subarray(0, length);
        expect(openAnnouncement({ identity: bob, bytes, crypto: native })).toBeUndefined();
      }),
    );
    const longer = concatBytes(FROM_ALICE, Uint8Array.of(0));
    expect(openAnnouncement({ identity: bob, bytes: longer, crypto: native })).toBeUndefined();
  });

  it("of any bytes are nothing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 9500, size: "max" }), (bytes) => {
        expect(openAnnouncement({ identity: bob, bytes, crypto: native })).toBeUndefined();
      }),
    );
  });

  it("carry at most 16 KiB of user data", () => {
    const announceBytes = (length: number) =>
      createAnnouncement({
        identity: alice,
        recipient: bob.publicKeys,
        userData: new Uint8Array(length),
        nowMs: NOON_MS,
        crypto: native,
      }).bytes;
    expect(mustOpen(bob, announceBytes(16 * 1024)).userData).toHaveLength(16 * 1024);
    expect(() => announceBytes(16 * 1024 + 1)).toThrow(
      expect.objectContaining({ code: "too_large" }),
    );
  });
});

describe("the early rejection of foreign announcements", () => {
  it("never rejects what the full parser accepts", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 0, max: 2 ** 45 }),
        (userData, nowMs) => {
          const { bytes } = createAnnouncement({
            identity: alice,
            recipient: bob.publicKeys,
            userData,
            nowMs,
            crypto: native,
          });
          expect(rejectForeignAnnouncement(keyOf(bob), bytes, native)).toBe(false);
          expect(rejectForeignAnnouncement(keyOf(bob), bytes, portable)).toBe(false);
          expect(mustOpen(bob, bytes).userData).toEqual(userData);
        },
      ),
      { numRuns: 20 },
    );
  });

  it("rejects everything that is for somebody else", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 255 }), (number) => {
        const key = keyOf(person(number));
        expect(rejectForeignAnnouncement(key, FROM_ALICE, native)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it("rejects only what the full parser would reject on its own", () => {
    // A well-sealed and well-signed announcement whose plaintext breaks the rule that the early check looks at.
    const outOfRange = new Uint8Array(KEM_PUBLIC_KEY_BYTES).fill(0xff);
    const badKey = forge({ ephemeralKey: outOfRange });
    const badBundle = forge({
      bundle: concatBytes(Uint8Array.of(252, 0xa0, 7, 0, 0), alice.publicKeys.bytes.subarray(3)),
    });
    for (const bytes of [badKey, badBundle]) {
      expect(rejectForeignAnnouncement(keyOf(bob), bytes, native)).toBe(true);
      expect(openAnnouncement({ identity: bob, bytes, crypto: native })).toBeUndefined();
    }
  });

  it.each([0, 31, 1119, 2322, 64 * 1024 + 1])("rejects %d bytes by their number", (length) => {
    expect(rejectForeignAnnouncement(keyOf(bob), new Uint8Array(length), native)).toBe(true);
  });
});

describe("an announcement that is sealed well but breaks one rule", () => {
  it("is accepted when it breaks none", () => {
    expect(mustOpen(bob, forge({})).userData).toEqual(HELLO);
  });

  it("is accepted with bytes after the user data, which a later version may add", () => {
    expect(mustOpen(bob, forge({ trailing: Uint8Array.of(1, 2, 3) })).userData).toEqual(HELLO);
  });

  it.each([
    ["an ML-DSA signature over another message", { dsaMessage: new Uint8Array(32) }],
    ["an Ed25519 signature over another message", { massaMessage: new Uint8Array(32) }],
    ["an ML-DSA signature under another context", { dsaContext: utf8Bytes("other") }],
    ["signatures of somebody else", { signer: carol }],
    ["the bundle of somebody else", { bundle: carol.publicKeys.bytes }],
    ["an unknown signature version", { signatureVersion: 1 }],
    ["a seed that is cut short", { init: new Uint8Array(31) }],
    ["a time that is no integer", { init: concatBytes(new Uint8Array(32), Uint8Array.of(255)) }],
    [
      "a time above 2^53",
      { init: concatBytes(new Uint8Array(32), Uint8Array.of(253, 0, 0, 0, 0, 0, 0, 0, 1)) },
    ],
    ["more user data than we take", { userData: new Uint8Array(16 * 1024 + 1) }],
  ])("is refused with %s", (_what, change) => {
    const bytes = forge(change);
    expect(openAnnouncement({ identity: bob, bytes, crypto: native })).toBeUndefined();
  });
});

function keyOf(identity: Identity) {
  return {
    kemSecret: identity.secrets.kem,
    kemPublicKey: identity.publicKeys.kemPublicKey,
  };
}

function announce(crypto = native) {
  return createAnnouncement({
    identity: alice,
    recipient: bob.publicKeys,
    userData: HELLO,
    nowMs: NOON_MS,
    crypto,
  });
}

/** Builds an announcement from alice to bob by section 5.1, piece by piece, so that each can be wrong. */
function forge(change: {
  ephemeralKey?: Uint8Array;
  bundle?: Uint8Array;
  init?: Uint8Array;
  signer?: Identity;
  dsaMessage?: Uint8Array;
  dsaContext?: Uint8Array;
  massaMessage?: Uint8Array;
  signatureVersion?: number;
  userData?: Uint8Array;
  trailing?: Uint8Array;
}): Uint8Array {
  const signer = change.signer ?? alice;
  const recipientKemKey = bob.publicKeys.kemPublicKey;
  const randomness = native.randomBytes(32);
  const { ciphertext, sharedSecret } = native.kemEncapsulate(recipientKemKey);
  const keys = new AnnouncementKeys(
    { randomness, ciphertext, sharedSecret, recipientKemKey },
    native,
  );
  const ephemeralKey = change.ephemeralKey ?? native.kemGenerate().publicKey;
  const init = change.init ?? new BinWriter().raw(new Uint8Array(32)).varint(NOON_MS).finish();
  const messages = deriveAuthMessages(
    {
      userId: userIdToBytes(alice.userId),
      publicPayload: init,
      authKey: keys.authKey(ephemeralKey),
    },
    native,
  );
  const plaintext = new BinWriter()
    .raw(ephemeralKey)
    .raw(change.bundle ?? alice.publicKeys.bytes)
    .bytes(init)
    .bytes(
      native.dsaSign(
        signer.secrets.dsa,
        change.dsaMessage ?? messages.dsa,
        change.dsaContext ?? DSA_CONTEXT,
      ),
    )
    .varint(65)
    .u8(change.signatureVersion ?? 0)
    .raw(native.ed25519Sign(signer.secrets.massa, change.massaMessage ?? messages.massa))
    .bytes(change.userData ?? HELLO)
    .raw(change.trailing ?? new Uint8Array())
    .finish();
  const sealed = native.aesSivSeal(keys.cipherKey(), keys.nonce(), new Uint8Array(), plaintext);
  return concatBytes(randomness, ciphertext, sealed);
}
