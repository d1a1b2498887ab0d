import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from "node:crypto";
import type { StoreErrorClass } from "./store-error.ts";

const NONCE_BYTES = 12;
const GCM_TAG_BYTES = 16;
const LOOKUP_TAG_BYTES = 16;

/** Seals values for one database and makes the tags by which its rows are found. Holds keys, prints as an empty object. */
export interface Sealer {
  /** AES-256-GCM under a fresh nonce; the result opens only in the same table under the same row key. */
  seal(table: string, rowKey: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** @throws StoreError `state_unreadable` when the value was changed, moved, or sealed under another key. */
  open(table: string, rowKey: Uint8Array, sealed: Uint8Array): Uint8Array;
  /** 16 bytes that stand for the parts in a look-up column and tell a reader without the key nothing but equality. */
  tag(label: string, ...parts: readonly Uint8Array[]): Uint8Array;
}

/**
 * @param storageKey - 32 bytes of the identity; not kept, two keys are derived from it.
 * @param options.keyLabel - Keeps the keys of one kind of store apart from those of any other.
 */
export function createSealer(
  storageKey: Uint8Array,
  { keyLabel, StoreError }: { readonly keyLabel: string; readonly StoreError: StoreErrorClass },
): Sealer {
  const sealingKey = deriveKey(storageKey, `${keyLabel}: sealing, version 1`);
  const taggingKey = deriveKey(storageKey, `${keyLabel}: look-up tags, version 1`);

  return {
    seal(table, rowKey, plaintext) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", sealingKey, nonce);
      cipher.setAAD(framed(table, [rowKey]));
      return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    },
    open(table, rowKey, sealed) {
      if (sealed.length < NONCE_BYTES + GCM_TAG_BYTES) {
        throw new StoreError("state_unreadable", `store: a value of ${table} is too short`);
      }
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const body = sealed.subarray(NONCE_BYTES, sealed.length - GCM_TAG_BYTES);
      const decipher = createDecipheriv("aes-256-gcm", sealingKey, nonce);
      decipher.setAAD(framed(table, [rowKey]));
      decipher.setAuthTag(sealed.subarray(sealed.length - GCM_TAG_BYTES));
      try {
        // A plain array: a Buffer's slice() would be a view, and its toJSON gets in the way of others.
        return new Uint8Array(Buffer.concat([decipher.update(body), decipher.final()]));
      } catch (cause) {
        throw new StoreError("state_unreadable", `store: a value of ${table} does not open`, {
          cause,
        });
      }
    },
    tag(label, ...parts) {
      return createHmac("sha256", taggingKey)
        .update(framed(label, parts))
        .digest()
        .subarray(0, LOOKUP_TAG_BYTES);
    },
  };
}

function deriveKey(storageKey: Uint8Array, info: string): KeyObject {
  const bytes = new Uint8Array(hkdfSync("sha256", storageKey, "", info, 32));
  try {
    return createSecretKey(bytes);
  } finally {
    bytes.fill(0);
  }
}

/** Every part is preceded by its length, so that two lists of parts never give the same bytes. */
function framed(label: string, parts: readonly Uint8Array[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const part of [Buffer.from(label, "utf8"), ...parts]) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    pieces.push(length, part);
  }
  return Buffer.concat(pieces);
}
