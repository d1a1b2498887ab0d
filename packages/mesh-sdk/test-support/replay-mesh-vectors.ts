import { createHash } from "node:crypto";
import * as z from "zod";
import { Checks } from "sdk-kit/vectors";
import { plainDirectChannelId, tryReadPlainDirect } from "../src/direct/direct-channel.ts";
import { encodeFrame } from "../src/frame/encode-frame.ts";
import { parseFrame } from "../src/frame/parse-frame.ts";
import { type MeshKey, meshKeyFromPem, meshKeyFromSeed } from "../src/identity/mesh-key.ts";
import { tryReadPeerId } from "../src/identity/peer-id.ts";
import { tryReadPublicKey } from "../src/identity/public-keys.ts";
import { isSignedText, signText } from "../src/identity/signature.ts";
import { canonicalText, payloadTextOf, type SignedFields } from "../src/message/canonical.ts";
import { checkMessage } from "../src/message/check-message.ts";
import {
  type DirectChannelVector,
  type KeyVector,
  meshVectorFile,
  type MessageVector,
  type VectorFrame,
  vectorFrame,
  type VerificationVector,
} from "./mesh-vector-file.ts";
import { breaksOurRules, referenceVerifies } from "./reference-rules.ts";
import { refusalOf } from "./refusal.ts";

/** What a file says about itself. */
const PROSE = new Set(["note", "source", "rules"]);
/** After every message of a file, whatever it is dated. */
const LAST_DAY_MS = Date.UTC(9999, 11, 31);

/**
 * Replays a mesh vector file: keys, ids, canonical texts, and signatures are made again and compared byte for byte, every
 * verdict is found again, and each message goes through the parser and the check that frames of strangers go through.
 *
 * @param file - Parsed JSON.
 * @throws TypeError when a section has another form, or there is none.
 */
export function replayMeshVectors(file: unknown): Checks {
  const parsed = meshVectorFile.safeParse(file);
  if (!parsed.success) throw new TypeError(z.prettifyError(parsed.error));
  const vectors = parsed.data;
  const checks = new Checks();
  checks.noteSections(vectors, Object.keys(meshVectorFile.shape), PROSE);
  const keys = vectors.keys ?? [];
  checks.each("keys", vectors.keys, (what, vector) => replayKey(what, vector, checks));
  checks.each("messages", vectors.messages, (what, vector) =>
    replayMessage(`${what} (${vector.name})`, vector, keys[vector.key], checks),
  );
  checks.each("verification", vectors.verification, (what, vector) =>
    replayVerification(`${what} (${vector.name})`, vector, checks),
  );
  checks.each("dm_channel_ids", vectors.dm_channel_ids, (what, vector) =>
    replayDirectChannel(what, vector, checks),
  );
  checks.each("dm_ambiguity", vectors.dm_ambiguity, (what, vector) =>
    replayAmbiguity(what, vector, checks),
  );
  return checks;
}

function replayKey(what: string, vector: KeyVector, checks: Checks): void {
  const raw = Buffer.from(vector.public_key_raw_hex, "hex");
  const made: readonly (readonly [string, MeshKey])[] = [
    ["seed", meshKeyFromSeed(Buffer.from(vector.seed_hex, "hex"))],
    ["private key", meshKeyFromPem(vector.private_key_pem)],
  ];
  for (const [from, key] of made) {
    checks.equal(`${what}: id from ${from}`, key.peerId, vector.peer_id);
    checks.equal(`${what}: public PEM from ${from}`, key.publicKeyPem, vector.public_key_pem);
    checks.equal(
      `${what}: private PEM from ${from}`,
      key.privateKey.export({ format: "pem", type: "pkcs8" }),
      vector.private_key_pem,
    );
  }
  checks.equal(`${what}: raw key from id`, tryReadPeerId(vector.peer_id), new Uint8Array(raw));
  checks.equal(
    `${what}: PEM from id`,
    tryReadPublicKey(vector.peer_id)?.export({ format: "pem", type: "spki" }),
    vector.public_key_pem,
  );
}

function replayMessage(
  what: string,
  vector: MessageVector,
  keyVector: KeyVector | undefined,
  checks: Checks,
): void {
  if (keyVector === undefined) throw new RangeError(`no key ${vector.key}`);
  const key = meshKeyFromSeed(Buffer.from(keyVector.seed_hex, "hex"));
  const frame = vectorFrame.parse(JSON.parse(vector.received_frame_text));
  const signed = signedFieldsOf(frame);
  const canonical = canonicalText(signed);
  checks.equal(`${what}: payload`, signed.payloadText, vector.stored_payload_string);
  checks.equal(`${what}: canonical`, canonical, vector.canonical);
  checks.equal(
    `${what}: canonical in UTF-8`,
    Buffer.from(canonical).toString("hex"),
    vector.canonical_utf8_hex,
  );
  checks.equal(
    `${what}: SHA-256`,
    createHash("sha256").update(canonical).digest("hex"),
    vector.canonical_sha256,
  );
  const signature = Buffer.from(signText(key, canonical)).toString("base64");
  checks.equal(`${what}: signature`, signature, vector.signature);
  checks.equal(
    `${what}: verifies as in the reference`,
    referenceVerifies(canonical, vector.signature, keyVector.public_key_pem),
    vector.verifies,
  );
  replayThroughParser(what, { vector, frame, canonical }, checks);
}

/** The way of a frame from a stranger: refused where a rule of ours says so, else believed for its sender alone. */
function replayThroughParser(
  what: string,
  { vector, frame, canonical }: { vector: MessageVector; frame: VectorFrame; canonical: string },
  checks: Checks,
): void {
  const refusal = refusalOf(() => parseFrame(vector.received_frame_text));
  checks.equal(`${what}: refused by our rules`, refusal !== undefined, breaksOurRules(frame));
  if (refusal !== undefined) return;
  const bare = parseFrame(vector.received_frame_text);
  if (bare?.type !== "message") throw new TypeError("not read as a message");
  const message = { ...bare.message, signature: vector.signature };
  const again = parseFrame(encodeFrame({ type: "message", message }));
  checks.equal(`${what}: written and read again`, again, { type: "message", message });
  const options = { nowMs: LAST_DAY_MS, by: "sync" } as const;
  const unsigned = refusalOf(() => checkMessage(bare.message, options));
  checks.equal(`${what}: without signature`, unsigned, undefined);
  checks.equal(
    `${what}: verifies by its sender's id`,
    refusalOf(() => checkMessage(message, options)) === undefined,
    isBySender(frame.sender_id, canonical, vector.signature),
  );
  const { digest } = checkMessage(bare.message, options);
  checks.equal(`${what}: digest`, Buffer.from(digest).toString("hex"), vector.canonical_sha256);
}

function isBySender(senderId: string, canonical: string, signature: string): boolean {
  const key = tryReadPublicKey(senderId);
  // Nothing contradicts a name that is no key.
  return key === undefined || isSignedText(key, canonical, Buffer.from(signature, "base64"));
}

function replayVerification(what: string, vector: VerificationVector, checks: Checks): void {
  const { canonical, signature, public_key_pem: pem, verifies } = vector;
  checks.equal(what, referenceVerifies(canonical, signature, pem), verifies);
  const text = frameTextOf(canonical, signature);
  if (text === undefined) return;
  // A signature in another spelling is a malformed frame to us; otherwise the key in the id decides.
  const isBelieved = refusalOf(() => believe(text)) === undefined;
  const isSpelledOut = Buffer.from(signature, "base64").toString("base64") === signature;
  const senderPem = senderPemOf(canonical);
  checks.equal(
    `${what}: by its sender's id`,
    isBelieved,
    isSpelledOut && senderPem !== undefined && referenceVerifies(canonical, signature, senderPem),
  );
}

/** @throws MeshError unless the message is verified. */
function believe(text: string): void {
  const frame = parseFrame(text);
  if (frame?.type !== "message") throw new TypeError("not read as a message");
  const { verdict } = checkMessage(frame.message, { nowMs: LAST_DAY_MS, by: "sync" });
  if (verdict !== "verified") throw new TypeError("neither proven nor refused");
}

/** A frame whose canonical text is this one; undefined where it is not the canonical text of any frame that we read. */
function frameTextOf(canonical: string, signature: string): string | undefined {
  const frame = tryReadCanonical(canonical);
  if (frame === undefined || breaksOurRules(frame)) return undefined;
  if (canonicalText(signedFieldsOf(frame)) !== canonical) return undefined;
  return JSON.stringify({ ...frame, signature });
}

function senderPemOf(canonical: string): string | undefined {
  const key = tryReadPublicKey(tryReadCanonical(canonical)?.sender_id ?? "");
  return key?.export({ format: "pem", type: "spki" }).toString();
}

function tryReadCanonical(canonical: string): VectorFrame | undefined {
  const fields = z.looseObject({ payload: z.string().nullable() }).safeParse(tryParse(canonical));
  if (!fields.success) return undefined;
  const { payload } = fields.data;
  return vectorFrame.safeParse({
    ...fields.data,
    type: "message",
    payload: payload === null ? null : tryParse(payload),
  }).data;
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function replayDirectChannel(
  what: string,
  { peers, channel_id: channelId }: DirectChannelVector,
  checks: Checks,
): void {
  const [one, other] = peers;
  checks.equal(`${what}: made`, plainDirectChannelId(one, other), channelId);
  checks.equal(`${what}: made by the other`, plainDirectChannelId(other, one), channelId);
  checks.equal(`${what}: read`, tryReadPlainDirect(channelId), peers.toSorted());
}

/** The rule gives the name, and because it could be another pair's we neither make nor read it. */
function replayAmbiguity(
  what: string,
  { peers, channel_id: channelId }: DirectChannelVector,
  checks: Checks,
): void {
  const [one, other] = peers;
  checks.equal(`${what}: by the rule`, ["dm", ...peers.toSorted()].join(":"), channelId);
  checks.equal(
    `${what}: made`,
    refusalOf(() => plainDirectChannelId(one, other)),
    "invalid_peer_id",
  );
  checks.equal(`${what}: read`, tryReadPlainDirect(channelId), undefined);
}

function signedFieldsOf(frame: VectorFrame): SignedFields {
  return {
    messageId: frame.message_id,
    channelId: frame.channel_id,
    senderId: frame.sender_id,
    body: frame.body,
    payloadText: payloadTextOf(frame.payload),
    timestamp: frame.timestamp,
  };
}
