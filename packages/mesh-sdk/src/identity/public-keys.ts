import { createPublicKey, type KeyObject } from "node:crypto";
import { ED25519_TORSION_SUBGROUP } from "@noble/curves/ed25519.js";
import { tryReadPeerId } from "./peer-id.ts";

/** DER in front of a raw Ed25519 public key (RFC 8410). */
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");
/** About 2 MB. A stranger who sends under ever new keys pushes others out and costs them a fraction of a check. */
const MAX_KEPT_KEYS = 4096;
/** The bit of an encoded point that says which of its two x is meant. */
const X_SIGN = 0x80;
const LAST_BYTE = 31;
/** The points under which anybody can sign, without that bit: neither of their x makes them better. */
const SMALL_ORDER = new Set(ED25519_TORSION_SUBGROUP.filter((hex) => !/[89a-f].$/.test(hex)));

const kept = new Map<string, KeyObject | undefined>();

/**
 * The key that an id is made of, ready to verify with; undefined for a name that no key is behind: of another form, or one
 * of the few points of small order under which anybody can sign (section 1.2). Half of all texts of the right form are no
 * point of the curve: under such a key nothing verifies. Never throws.
 */
export function tryReadPublicKey(peerId: string): KeyObject | undefined {
  if (kept.has(peerId)) return kept.get(peerId);
  const raw = tryReadPeerId(peerId);
  if (raw === undefined) return undefined;
  const key = isUsable(raw)
    ? createPublicKey({ key: Buffer.concat([SPKI_HEAD, raw]), format: "der", type: "spki" })
    : undefined;
  if (kept.size >= MAX_KEPT_KEYS) forgetOldest();
  kept.set(peerId, key);
  return key;
}

/** No curve operations: this is done for every new name that a stranger thinks of. */
function isUsable(raw: Uint8Array): boolean {
  const y = Buffer.from(raw);
  y[LAST_BYTE] = (y[LAST_BYTE] ?? 0) & ~X_SIGN;
  return !SMALL_ORDER.has(y.toString("hex")) && !isBeyondField(y);
}

/** 2^255 - 19 and above, least byte first: such a number means a smaller one, so that one key would have two ids. */
function isBeyondField(y: Uint8Array): boolean {
  return (
    y[LAST_BYTE] === 0x7f &&
    (y[0] ?? 0) >= 0xed &&
    y.subarray(1, LAST_BYTE).every((byte) => byte === 0xff)
  );
}

function forgetOldest(): void {
  for (const peerId of kept.keys()) {
    kept.delete(peerId);
    return;
  }
}
