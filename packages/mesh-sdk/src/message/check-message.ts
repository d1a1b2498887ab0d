import type { KeyObject } from "node:crypto";
import { MeshError } from "../errors.ts";
import { tryReadPublicKey } from "../identity/public-keys.ts";
import { isSignedText, isSignedTextAside } from "../identity/signature.ts";
import { canonicalText, sha256Of } from "./canonical.ts";
import type { CheckedMessage, MeshMessage } from "./message.ts";
import { isOwnId, type OwnProof, ownIdOf, ownSignedText, tryReadOwnProof } from "./own-proof.ts";

/** How far a sender's clock may be ahead of ours. */
export const MAX_AHEAD_MS = 2 * 60_000;
/** How old a message may be that comes as news. What is older comes by catch-up, or not at all. */
export const MAX_LIVE_AGE_MS = 24 * 3_600_000;

/** What a verdict still hangs on: one signature. */
interface Evidence {
  readonly key: KeyObject;
  readonly text: Uint8Array;
  readonly signature: Uint8Array;
  readonly where: "outside" | "inside";
}

/** A message whose time and id are right, and what remains to be proven of it. */
export interface ExaminedMessage {
  readonly message: MeshMessage;
  /** As {@link CheckedMessage.digest}: who has a proven message with it need not prove another. */
  readonly digest: Uint8Array;
  /** Undefined for a message that nothing can prove. */
  readonly evidence: Evidence | undefined;
}

export interface CheckOptions {
  readonly nowMs: number;
  /** `live` for what comes as news, `sync` for what we have asked a store for. */
  readonly by: "live" | "sync";
}

/**
 * Whose a message is (section 1.4). Exactly one signature is verified: the outer one where there is one, else the one inside
 * the payload. An id that certifies itself is always recomputed, which is cheap.
 *
 * The inner signature is not verified beside a valid outer one: the same key has signed it as part of the payload, so a bad
 * one says nothing but that the sender's own software is broken, and costs as much as a second message.
 *
 * @param message - As {@link readMessage} gives it.
 * @throws MeshError `forged`: a signature, or an id that certifies itself, contradicts the message.
 * @throws MeshError `out_of_time`: too far ahead of our clock, or too old for news.
 */
export function checkMessage(message: MeshMessage, options: CheckOptions): CheckedMessage {
  const examined = examineMessage(message, options);
  const { evidence } = examined;
  return conclude(
    examined,
    evidence !== undefined && isSignedText(evidence.key, evidence.text, evidence.signature),
  );
}

/**
 * The first half of {@link checkMessage}: all but the signature, a tenth of the cost.
 *
 * @throws MeshError as {@link checkMessage}.
 */
export function examineMessage(message: MeshMessage, { nowMs, by }: CheckOptions): ExaminedMessage {
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
    digest: sha256Of(canonical),
    evidence: evidenceOf(message, canonical, proof),
  };
}

/** The second half, beside the event loop. @throws MeshError `forged`. */
export async function proveMessage(examined: ExaminedMessage): Promise<CheckedMessage> {
  const { evidence } = examined;
  const isSigned =
    evidence !== undefined &&
    (await isSignedTextAside(evidence.key, evidence.text, evidence.signature));
  return conclude(examined, isSigned);
}

function conclude(
  { message, digest, evidence }: ExaminedMessage,
  isSigned: boolean,
): CheckedMessage {
  if (evidence === undefined) return { message, digest, verdict: "unverified" };
  if (isSigned) return { message, digest, verdict: "verified" };
  throw new MeshError(
    "forged",
    evidence.where === "outside"
      ? "message: the signature is not of its sender"
      : "message: the signature inside is not of its sender",
  );
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

function evidenceOf(
  { senderId, messageId, signature }: MeshMessage,
  canonical: Uint8Array,
  proof: OwnProof | undefined,
): Evidence | undefined {
  const key = tryReadPublicKey(senderId);
  // A name that is no key: nothing can speak for it, so nothing can contradict it.
  if (key === undefined) return undefined;
  if (signature !== undefined) {
    return { key, text: canonical, signature: Buffer.from(signature, "base64"), where: "outside" };
  }
  if (proof === undefined) return undefined;
  const text = Buffer.from(ownSignedText(messageId));
  return { key, text, signature: proof.signature, where: "inside" };
}
