import { type KeyObject, sign, verify } from "node:crypto";
import type { MeshKey } from "./mesh-key.ts";

/** Ed25519 over the UTF-8 of a text, 64 bytes. The same key and text always give the same signature. */
export function signText(key: MeshKey, text: string): Uint8Array {
  return new Uint8Array(sign(null, Buffer.from(text), key.privateKey));
}

/**
 * Whether the key has signed the text. One signature has one form of 64 bytes: OpenSSL refuses a scalar beyond the order
 * of the group.
 */
export function isSignedText(
  key: KeyObject,
  text: string | Uint8Array,
  signature: Uint8Array,
): boolean {
  return verify(null, typeof text === "string" ? Buffer.from(text) : text, key, signature);
}

/** The same in a thread of Node.js's own pool, so that the event loop goes on and a second core helps. */
export async function isSignedTextAside(
  key: KeyObject,
  text: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    verify(null, text, key, signature, (error, isValid) => {
      if (error === null) resolve(isValid);
      else reject(error);
    });
  });
}
