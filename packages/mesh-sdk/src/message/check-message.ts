import { MeshError } from "../errors.ts";
import { tryReadPublicKey } from "../identity/public-keys.ts";
import { isSignedText } from "../identity/signature.ts";
import { canonicalText, sha256Of } from "./canonical.ts";
import type { CheckedMessage, MeshMessage, Verdict } from "./message.ts";
import { isOwnId, type OwnProof, ownIdOf, ownSignedText, tryReadOwnProof } from "./own-proof.ts";

/** How far a sender's clock may be ahead of ours. */
export const MAX_AHEAD_MS = 2 * 60_000;
/** How old a message may be that comes as news. What is older comes by catch-up, or not at all. */
export const MAX_LIVE_AGE_MS = 24 * 3_600_000;

/**
 * Whose a message is (section 1.4). Exactly one signature is verified: the outer one where there is one, else the one inside
 * the payload. An id that certifies itself is always recomputed, which is cheap.
 *
 * The inner signature is not verified beside a valid outer one: the same key has signed it as part of the payload, so a bad
 * one says nothing but that the sender's own software is broken, and costs as much as a second message.
 *
 * @param message - As {@link readMessage} gives it.
 * @param options.by - `live` for what comes as news, `sync` for what we have asked a store for.
 * @throws MeshError `forged`: a signature, or an id that certifies itself, contradicts the message.
 * @throws MeshError `out_of_time`: too far ahead of our clock, or too old for news.
 */
export function checkMessage(
  message: MeshMessage,
  { nowMs, by }: { readonly nowMs: number; readonly by: "live" | "sync" },
): CheckedMessage {
  if (message.timestampMs > nowMs + MAX_AHEAD_MS) {
    throw new MeshError("out_of_time", "message: its clock is more than 2 minutes ahead of ours");
  }
  if (by === "live" && message.timestampMs < nowMs - MAX_LIVE_AGE_MS) {
    throw new MeshError("out_of_time", "message: older than a day, which only catch-up may bring");
  }
  const canonical = Buffer.from(canonicalText(message));
  const proof = isOwnId(message.messageId) ? readMatchingProof(message) : undefined;
  return {
    message,
    verdict: judge(message, canonical, proof),
    digest: sha256Of(canonical),
  };
}

/** Our part of the payload, after the id was found to be the hash of the message. @throws MeshError `forged`. */
function readMatchingProof(message: MeshMessage): OwnProof {
  const proof = tryReadOwnProof(message.payloadText);
  if (proof === undefined) {
    throw new MeshError("forged", "message: its id certifies itself, its proof is gone");
  }
  const id = ownIdOf({ ...message, payloadText: proof.unsignedPayloadText });
  if (id !== message.messageId) {
    throw new MeshError("forged", "message: its id is not made from it");
  }
  return proof;
}

function judge(
  { senderId, messageId, signature }: MeshMessage,
  canonical: Uint8Array,
  proof: OwnProof | undefined,
): Verdict {
  const key = tryReadPublicKey(senderId);
  // A name that is no key: nothing can speak for it, so nothing can contradict it.
  if (key === undefined) return "unverified";
  if (signature !== undefined) {
    if (isSignedText(key, canonical, Buffer.from(signature, "base64"))) return "verified";
    throw new MeshError("forged", "message: the signature is not of its sender");
  }
  if (proof === undefined) return "unverified";
  if (isSignedText(key, ownSignedText(messageId), proof.signature)) return "verified";
  throw new MeshError("forged", "message: the signature inside is not of its sender");
}
