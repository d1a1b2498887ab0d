import { createHash, timingSafeEqual } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { ConvosError } from "../errors.ts";
import { addressOf } from "../identity/key.ts";
import type { SecretBytes } from "../identity/secret-bytes.ts";
import type { SignedInvite } from "./signed-invite.ts";

/** r, s and the recovery id. */
export const SIGNATURE_BYTES = 65;
const MAX_RECOVERY_ID = 3;

/** Who signed an invite. */
export interface InviteSigner {
  /** 65 bytes, uncompressed. */
  readonly publicKey: Uint8Array;
  /** Lower-case `0x` address. The creator's inbox must have it as an identity; an invite alone cannot prove that. */
  readonly address: string;
}

/** Signs the bytes of a payload: SHA-256, RFC 6979, low s; r, s and the recovery id (section 1.6). */
export function signInvitePayload(payloadBytes: Uint8Array, privateKey: SecretBytes): Uint8Array {
  const [recovery = 0, ...compact] = secp256k1.sign(sha256(payloadBytes), privateKey.reveal(), {
    prehash: false,
    format: "recovered",
  });
  return Uint8Array.from([...compact, recovery]);
}

/**
 * The key that signed an invite. Every invite has one, tampered ones too: whoever joins must ask the network whether the
 * creator's inbox has this address, and the creator whether it is its own key (section 1.6).
 *
 * @throws ConvosError `invite_forged` when no key can have made the signature, and for a recovery id or an s that no
 *   writer gives: there is one signature per payload and key.
 */
export function recoverInviteSigner(
  invite: Pick<SignedInvite, "payloadBytes" | "signature">,
): InviteSigner {
  const recovery = invite.signature[SIGNATURE_BYTES - 1];
  if (invite.signature.length !== SIGNATURE_BYTES || recovery === undefined) {
    throw forged(`signature: expected 65 bytes, got ${invite.signature.length}`);
  }
  if (recovery > MAX_RECOVERY_ID) throw forged("signature: unknown recovery id");
  const compact = invite.signature.subarray(0, -1);
  let publicKey: Uint8Array;
  let hasHighS: boolean;
  try {
    const signature = secp256k1.Signature.fromBytes(compact, "compact").addRecoveryBit(recovery);
    hasHighS = signature.hasHighS();
    publicKey = signature.recoverPublicKey(sha256(invite.payloadBytes)).toBytes(false);
  } catch (cause) {
    throw forged("signature: no key made it", cause);
  }
  if (hasHighS) throw forged("signature: s is not the lower one");
  return { publicKey, address: addressOf(publicKey) };
}

/**
 * Whether a key signed an invite. Compares in constant time.
 *
 * @param publicKey - Of secp256k1: 33 bytes compressed or 65 uncompressed.
 */
export function isSignedBy(
  invite: Pick<SignedInvite, "payloadBytes" | "signature">,
  publicKey: Uint8Array,
): boolean {
  try {
    const expected = secp256k1.Point.fromBytes(publicKey).toBytes(false);
    return timingSafeEqual(recoverInviteSigner(invite).publicKey, expected);
  } catch {
    return false;
  }
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

function forged(message: string, cause?: unknown): ConvosError {
  return new ConvosError("invite_forged", message, cause === undefined ? {} : { cause });
}
