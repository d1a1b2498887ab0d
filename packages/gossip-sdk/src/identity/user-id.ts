import { bech32 } from "@scure/base";
import { GossipError } from "../errors.ts";

/** Canonical text of a user id: lower-case bech32 with the prefix `gossip`, 65 characters. */
export type GossipUserId = string & { readonly __brand: "GossipUserId" };

export const USER_ID_BYTES = 32;

const PREFIX = "gossip";
const USER_ID_CHARACTERS = 65;

/**
 * Parses a user id as a person or a relay gives it (docs/protocol/gossip.md section 3.5).
 *
 * @param text - 65 characters of bech32 (not bech32m), all lower or all upper case; surrounding white space is not allowed.
 * @returns The canonical lower-case form. Two ids are the same person exactly when these are equal.
 * @throws GossipError `invalid_user_id`.
 */
export function parseUserId(text: string): GossipUserId {
  return userIdFromBytes(decodeUserId(text));
}

/** {@link parseUserId} that returns undefined for anything that is not a user id. */
export function tryParseUserId(text: string): GossipUserId | undefined {
  try {
    return parseUserId(text);
  } catch {
    return undefined;
  }
}

/** The 32 bytes behind an id: the BLAKE3 hash of the public key bundle. */
export function userIdToBytes(userId: GossipUserId): Uint8Array {
  return decodeUserId(userId);
}

/** @throws GossipError `invalid_user_id` unless there are exactly 32 bytes. */
export function userIdFromBytes(bytes: Uint8Array): GossipUserId {
  if (bytes.length !== USER_ID_BYTES) {
    throw new GossipError("invalid_user_id", `user id: expected 32 bytes, got ${bytes.length}`);
  }
  const text = bech32.encode(PREFIX, bech32.toWords(bytes));
  if (!isCanonical(text)) throw new Error("user id: 32 bytes make 65 characters");
  return text;
}

/** Gives the brand; only for what this file has just encoded. */
function isCanonical(text: string): text is GossipUserId {
  return text.length === USER_ID_CHARACTERS;
}

function decodeUserId(text: string): Uint8Array {
  if (text.length !== USER_ID_CHARACTERS) {
    throw new GossipError("invalid_user_id", `user id: expected 65 characters, got ${text.length}`);
  }
  let decoded: { prefix: string; bytes: Uint8Array };
  try {
    decoded = bech32.decodeToBytes(text);
  } catch (cause) {
    throw new GossipError("invalid_user_id", "user id: not bech32", { cause });
  }
  if (decoded.prefix !== PREFIX) {
    throw new GossipError("invalid_user_id", "user id: the prefix is not gossip");
  }
  if (decoded.bytes.length !== USER_ID_BYTES) {
    throw new GossipError(
      "invalid_user_id",
      `user id: expected 32 bytes, got ${decoded.bytes.length}`,
    );
  }
  return decoded.bytes;
}
