import { createPublicKey, type KeyObject } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { tryReadPeerId } from "./peer-id.ts";

/** DER in front of a raw Ed25519 public key (RFC 8410). */
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");
/** About 2 MB. A stranger who sends under ever new keys pushes others out and costs them a tenth of a check. */
const MAX_KEPT_KEYS = 4096;

const kept = new Map<string, KeyObject | undefined>();

/**
 * The key that an id is made of, ready to verify with; undefined for a name that no key is behind: of another form, no point
 * of the curve, or one of the few points of small order under which anybody can sign (section 1.2). Never throws.
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

function isUsable(raw: Uint8Array): boolean {
  try {
    return !ed25519.Point.fromBytes(raw).isSmallOrder();
  } catch {
    return false;
  }
}

function forgetOldest(): void {
  for (const peerId of kept.keys()) {
    kept.delete(peerId);
    return;
  }
}
