import { expect, it } from "vitest";
import { createNativeProvider } from "./native.ts";
import { createPortableProvider } from "./portable.ts";
import type { CryptoProvider } from "./provider.ts";
import { chooseProvider, selectCrypto } from "./select.ts";

const native = createNativeProvider();
const portable = createPortableProvider();
const missing = () => {
  throw new Error("unsupported");
};
const wrong = () => new Uint8Array(32);

it("uses node:crypto where it passes the self-test, as here", () => {
  expect(selectCrypto()).toEqual({ provider: expect.objectContaining({ name: "native" }) });
});

const FAULTS: [string, Partial<CryptoProvider>][] = [
  ["ML-KEM-768", { kemPublicKey: wrong }],
  ["ML-KEM-768", { kemDecapsulate: wrong }],
  [
    "ML-KEM-768",
    { kemEncapsulate: () => ({ ciphertext: new Uint8Array(1088), sharedSecret: wrong() }) },
  ],
  ["ML-DSA-65", { dsaSign: wrong }],
  ["ML-DSA-65", { dsaVerify: () => true }],
  ["Ed25519", { ed25519Sign: wrong }],
  ["Ed25519", { ed25519Verify: () => true }],
  ["secp256k1", { secp256k1PublicKey: wrong }],
  ["AES-256-SIV", { aesSivSeal: wrong }],
  ["AES-256-SIV", { aesSivOpen: wrong }],
  ["HKDF-SHA-256", { hkdfExpand: wrong }],
];

it.each(FAULTS)("falls back when %s gives a wrong answer", (algorithm, fault) => {
  expect(chooseProvider({ ...native, ...fault }, portable)).toEqual({
    provider: portable,
    fallbackReason: `${algorithm}: wrong answer`,
  });
});

it("falls back when an algorithm is missing, and says what it was told", () => {
  expect(chooseProvider({ ...native, dsaPublicKey: missing }, portable)).toEqual({
    provider: portable,
    fallbackReason: "ML-DSA-65: unsupported",
  });
});
