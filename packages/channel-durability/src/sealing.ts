// Rows are sealed one value at a time, so that a look-up touches only the columns it needs. What stays visible in
// a copied file: how many rows there are, their states, times, sizes, and which rows share an id or a lane.

import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from "node:crypto";
import { ChannelDurabilityError } from "./errors.ts";

/** Length of the key that a caller hands in. */
const ROOT_KEY_BYTES = 32;
const FORMAT_VERSION = 1;
const NONCE_BYTES = 12;
const AUTH_TAG_BYTES = 16;
const SEALED_OVERHEAD_BYTES = 1 + NONCE_BYTES + AUTH_TAG_BYTES;
/** 128 bits: collisions between ids of one account are out of reach, and the tag says nothing about the id. */
const LOOKUP_TAG_BYTES = 16;
/** Longest message id that can be derived from one HMAC-SHA256. */
const MAX_DERIVED_ID_BYTES = 32;

/** Where a sealed value lives. It goes into the authenticated data, so a value moved elsewhere does not open. */
export interface SealedPlace {
  readonly table: string;
  readonly column: string;
  /** The row's own key (its look-up tag). */
  readonly row: string;
}

/** Seals values and derives tags and ids under one account's key. Holds `KeyObject`s only, which print empty. */
export class Sealer {
  readonly #sealKey: KeyObject;
  readonly #tagKey: KeyObject;
  readonly #idKey: KeyObject;

  /**
   * @param rootKey - 32 secret bytes of the account. Read once, not kept and not changed.
   * @throws {@link ChannelDurabilityError} `invalid_key`
   */
  constructor(rootKey: Uint8Array) {
    if (rootKey.length !== ROOT_KEY_BYTES) {
      throw new ChannelDurabilityError(
        "invalid_key",
        `store: expected a key of ${ROOT_KEY_BYTES} bytes, got ${rootKey.length}`,
      );
    }
    this.#sealKey = deriveKey(rootKey, "seal");
    this.#tagKey = deriveKey(rootKey, "tag");
    this.#idKey = deriveKey(rootKey, "message id");
  }

  /** Stable look-up tag of a clear-text value: 32 hex characters, different per purpose. */
  tag(purpose: string, value: string): string {
    return createHmac("sha256", this.#tagKey)
      .update(`${purpose}\0${value}`)
      .digest("hex")
      .slice(0, LOOKUP_TAG_BYTES * 2);
  }

  /**
   * Derives the transport's message id from an outbox key: the same key gives the same bytes, in every process.
   *
   * @param length - 1 to 32 bytes.
   */
  messageId(key: string, length: number): Uint8Array {
    if (!Number.isInteger(length) || length < 1 || length > MAX_DERIVED_ID_BYTES) {
      throw new RangeError(
        `message id: expected 1 to ${MAX_DERIVED_ID_BYTES} bytes, got ${length}`,
      );
    }
    const digest = createHmac("sha256", this.#idKey).update(key).digest();
    return new Uint8Array(digest.subarray(0, length));
  }

  /** Seals a JSON value for one place. Layout: version, nonce (12), ciphertext, tag (16). */
  sealJson(place: SealedPlace, value: unknown): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#sealKey, nonce);
    cipher.setAAD(associatedData(place));
    return Buffer.concat([
      Buffer.of(FORMAT_VERSION),
      nonce,
      cipher.update(JSON.stringify(value), "utf8"),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
  }

  /**
   * Opens a value sealed by {@link sealJson} at the same place.
   *
   * @throws {@link ChannelDurabilityError} `corrupt_row` when one bit differs, or when it was sealed elsewhere.
   */
  openJson(place: SealedPlace, sealed: Uint8Array): unknown {
    if (sealed.length < SEALED_OVERHEAD_BYTES || sealed[0] !== FORMAT_VERSION) {
      throw new ChannelDurabilityError(
        "corrupt_row",
        `${place.table}.${place.column}: ${sealed.length} bytes are not a sealed value`,
      );
    }
    const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
    const body = sealed.subarray(1 + NONCE_BYTES, sealed.length - AUTH_TAG_BYTES);
    try {
      const decipher = createDecipheriv("aes-256-gcm", this.#sealKey, nonce, {
        authTagLength: AUTH_TAG_BYTES,
      });
      decipher.setAAD(associatedData(place));
      decipher.setAuthTag(sealed.subarray(sealed.length - AUTH_TAG_BYTES));
      const text = Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
      return JSON.parse(text);
    } catch (cause) {
      throw new ChannelDurabilityError(
        "corrupt_row",
        `${place.table}.${place.column}: the sealed value does not open`,
        { cause },
      );
    }
  }
}

function deriveKey(rootKey: Uint8Array, purpose: string): KeyObject {
  const bytes = new Uint8Array(
    hkdfSync("sha256", rootKey, new Uint8Array(0), `channel-durability v1 ${purpose}`, 32),
  );
  try {
    return createSecretKey(bytes);
  } finally {
    bytes.fill(0);
  }
}

function associatedData(place: SealedPlace): Buffer {
  return Buffer.from(`${place.table}\0${place.column}\0${place.row}`, "utf8");
}
