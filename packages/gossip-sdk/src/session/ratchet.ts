import { concatBytes, copyBytes } from "../codec/bytes.ts";
import { BinReader, BinWriter } from "../codec/bin.ts";
import { formatMassaText, MAX_MASSA_TEXT_CHARACTERS, parseMassaText } from "../codec/massa-text.ts";
import { deriveMessageKeys, MessageKeyTrials, type MessageKeys } from "../crypto/kdf.ts";
import { isKemPublicKey, passesModulusCheck } from "../crypto/kem-public-key.ts";
import {
  AES_SIV_TAG_BYTES,
  type CryptoProvider,
  KEM_CIPHERTEXT_BYTES,
  KEM_PUBLIC_KEY_BYTES,
} from "../crypto/provider.ts";
import { SecretBytes } from "../crypto/secret-bytes.ts";
import type { IncomingRequest, OutgoingRequest } from "../announcement/announcement.ts";
import type { PublicKeyBundle } from "../identity/public-keys.ts";
import { MAX_CONTENTS_BYTES } from "../limits.ts";
import { firstSeekerKey, type SeekerKey, seekerKey, seekerKeyFromSecret } from "./seeker.ts";

const NO_AAD = new Uint8Array();
const NO_SEEKER = new Uint8Array();
const RANDOMNESS_BYTES = 32;
const STATIC_CIPHERTEXT_OFFSET = RANDOMNESS_BYTES + KEM_CIPHERTEXT_BYTES;
const SEALED_OFFSET = STATIC_CIPHERTEXT_OFFSET + KEM_CIPHERTEXT_BYTES;
const MIN_INNER_BYTES = SEALED_OFFSET + AES_SIV_TAG_BYTES + KEM_PUBLIC_KEY_BYTES;
const PEEK_BYTES = 64; // 42 coefficients: noise passes the modulus check once in 6,000 tries.

/** One step of our own ratchet that the peer may still answer to (section 6.1). */
export interface OwnHistoryItem {
  readonly height: number;
  /** ML-KEM-768 seed, 64 bytes. */
  readonly kemSecret: SecretBytes;
  readonly chainKey: SecretBytes;
  /** Where the message of this step was put; empty for the step of the announcement. */
  readonly seeker: Uint8Array;
  readonly peerParentHeight: number;
}

/** The newest step of the peer's ratchet that we know. */
export interface PeerRatchet {
  readonly height: number;
  readonly ourParentHeight: number;
  readonly kemPublicKey: Uint8Array;
  readonly chainKey: SecretBytes;
}

/** An established session with one peer. Plain data: every step makes a new one and shares what did not change. */
export interface ActiveSession {
  readonly peerKeys: PublicKeyBundle;
  /** Oldest first, never empty. */
  readonly ownHistory: readonly OwnHistoryItem[];
  readonly peer: PeerRatchet;
  /** Signs and addresses our next message. */
  readonly ownSeekerKey: SeekerKey;
  /** Where the peer's next message will be. */
  readonly peerSeekerKey: SeekerKey;
  readonly lastIncomingMs: number;
  readonly lastOutgoingMs: number;
}

/** Makes a session of an announcement of each side (section 6.1). There is no initiator: both sides do the same. */
export function createActiveSession(
  outgoing: OutgoingRequest,
  incoming: IncomingRequest,
  crypto: CryptoProvider,
): ActiveSession {
  const first: OwnHistoryItem = {
    height: 1,
    kemSecret: outgoing.kemSecret,
    chainKey: outgoing.chainKey,
    seeker: NO_SEEKER,
    peerParentHeight: 0,
  };
  return {
    peerKeys: incoming.peer,
    ownHistory: [first],
    peer: {
      height: 1,
      ourParentHeight: 0,
      kemPublicKey: incoming.kemPublicKey,
      chainKey: incoming.chainKey,
    },
    ownSeekerKey: firstSeekerKey(outgoing.seekerSeed, incoming.seekerSeed, crypto),
    peerSeekerKey: firstSeekerKey(incoming.seekerSeed, outgoing.seekerSeed, crypto),
    lastIncomingMs: incoming.createdAtMs,
    lastOutgoingMs: outgoing.createdAtMs,
  };
}

/** How many of our steps the peer has not built on yet; 1 in a fresh session (section 6.5). */
export function selfLag(active: ActiveSession): number {
  return newestOwn(active).height - active.peer.ourParentHeight;
}

/** How many of the peer's steps we have not built on yet (section 6.5). */
export function peerLag(active: ActiveSession): number {
  return active.peer.height - newestOwn(active).peerParentHeight;
}

/**
 * Seals contents as our next ratchet step (section 6.3), without the signature around it.
 *
 * @param atMs - Goes into the message. The peer gives the session up if it ever goes backwards.
 */
export function sealStep(
  active: ActiveSession,
  contents: Uint8Array,
  atMs: number,
  crypto: CryptoProvider,
): { next: ActiveSession; inner: Uint8Array } {
  const newest = newestOwn(active);
  // The order of the random draws is that of section 10: published vectors depend on it.
  const nextKey = crypto.ed25519Generate();
  const randomness = crypto.randomBytes(RANDOMNESS_BYTES);
  const toStep = crypto.kemEncapsulate(active.peer.kemPublicKey);
  const toPeer = crypto.kemEncapsulate(active.peerKeys.kemPublicKey);
  const keys = deriveMessageKeys(
    {
      randomness,
      senderChainKey: newest.chainKey.reveal(),
      receiverChainKey: active.peer.chainKey.reveal(),
      ciphertext: toStep.ciphertext,
      sharedSecret: toStep.sharedSecret,
      staticCiphertext: toPeer.ciphertext,
      staticSharedSecret: toPeer.sharedSecret,
    },
    crypto,
  );
  const ephemeral = crypto.kemGenerate();
  const plaintext = new BinWriter()
    .raw(ephemeral.publicKey)
    .varint(atMs)
    .text(formatMassaText("S", nextKey.secret.reveal()))
    .text(formatMassaText("P", nextKey.publicKey))
    .bytes(contents)
    .finish();
  const sealed = crypto.aesSivSeal(keys.cipherKey(), keys.nonce(), NO_AAD, plaintext);
  const step: OwnHistoryItem = {
    height: newest.height + 1,
    kemSecret: ephemeral.secret,
    chainKey: SecretBytes.consume(keys.chainKey()),
    seeker: active.ownSeekerKey.seeker,
    peerParentHeight: active.peer.height,
  };
  return {
    next: {
      ...active,
      ownHistory: [...active.ownHistory, step],
      ownSeekerKey: seekerKey(nextKey.secret, nextKey.publicKey),
      lastOutgoingMs: atMs,
    },
    inner: concatBytes(randomness, toStep.ciphertext, toPeer.ciphertext, sealed),
  };
}

/** A message that a step of the peer's ratchet carried. */
export interface OpenedStep {
  readonly next: ActiveSession;
  readonly contents: Uint8Array;
  readonly sentAtMs: number;
  /**
   * Addresses of own messages that the peer has read. Repeats over messages and may hold the empty address of the
   * first step: treat it as a set.
   */
  readonly acknowledgedSeekers: readonly Uint8Array[];
}

/**
 * Opens what {@link sealStep} of the peer made (section 6.4, steps 2 to 5).
 *
 * @returns Undefined when no step of ours opens it.
 * @throws GossipError `malformed` when it opens but its body breaks a rule.
 */
export function openStep(
  active: ActiveSession,
  inner: Uint8Array,
  ownKemSecret: SecretBytes,
  crypto: CryptoProvider,
): OpenedStep | undefined {
  const found = findStep(active, inner, ownKemSecret, crypto);
  if (found === undefined) return undefined;
  const { item, keys, plaintext } = found;
  const reader = new BinReader(plaintext.subarray(KEM_PUBLIC_KEY_BYTES));
  const sentAtMs = reader.varint();
  const seekerSeed = parseMassaText("S", reader.text(MAX_MASSA_TEXT_CHARACTERS));
  // The public key follows from the secret; the official client does not compare the two either.
  reader.bytes(MAX_MASSA_TEXT_CHARACTERS);
  // Bytes after the contents are let be, as the official decoder does: a later version may add fields.
  const contents = copyBytes(reader.bytes(MAX_CONTENTS_BYTES));

  const index = active.ownHistory.indexOf(item);
  return {
    next: {
      ...active,
      ownHistory: index === 0 ? active.ownHistory : active.ownHistory.slice(index),
      peer: {
        height: active.peer.height + 1,
        ourParentHeight: item.height,
        kemPublicKey: copyBytes(plaintext, 0, KEM_PUBLIC_KEY_BYTES),
        chainKey: SecretBytes.consume(keys.chainKey()),
      },
      peerSeekerKey: seekerKeyFromSecret(SecretBytes.consume(seekerSeed), crypto),
      lastIncomingMs: sentAtMs,
    },
    contents,
    sentAtMs,
    acknowledgedSeekers: active.ownHistory.slice(0, index + 1).map((step) => step.seeker),
  };
}

/**
 * Tries the own steps from the newest to the oldest. The peer built on one of them, and nothing on the wire says on
 * which, so each try costs a decapsulation and a derivation.
 *
 * A wrong step is told by the start of its plaintext, before the whole is authenticated: every message begins with an
 * ML-KEM key, whose coefficients are below 3329, and noise fails that within 64 bytes. Sound, because the full check
 * below demands the same of the same bytes: what is rejected early would be rejected there.
 */
function findStep(
  active: ActiveSession,
  inner: Uint8Array,
  ownKemSecret: SecretBytes,
  crypto: CryptoProvider,
): { item: OwnHistoryItem; keys: MessageKeys; plaintext: Uint8Array } | undefined {
  if (inner.length < MIN_INNER_BYTES) return undefined;
  const ciphertext = inner.subarray(RANDOMNESS_BYTES, STATIC_CIPHERTEXT_OFFSET);
  const staticCiphertext = inner.subarray(STATIC_CIPHERTEXT_OFFSET, SEALED_OFFSET);
  const sealed = inner.subarray(SEALED_OFFSET);
  const trials = new MessageKeyTrials(
    {
      randomness: inner.subarray(0, RANDOMNESS_BYTES),
      senderChainKey: active.peer.chainKey.reveal(),
      ciphertext,
      staticCiphertext,
      staticSharedSecret: crypto.kemDecapsulate(ownKemSecret, staticCiphertext),
    },
    crypto,
  );
  for (const item of active.ownHistory.toReversed()) {
    const sharedSecret = crypto.kemDecapsulate(item.kemSecret, ciphertext);
    const keys = trials.keysFor(item.chainKey.reveal(), sharedSecret);
    const cipherKey = keys.cipherKey();
    if (!passesModulusCheck(crypto.aesSivPeek(cipherKey, sealed, PEEK_BYTES))) continue;
    const plaintext = crypto.aesSivOpen(cipherKey, keys.nonce(), NO_AAD, sealed);
    if (plaintext === undefined) continue;
    const valid = isKemPublicKey(plaintext.subarray(0, KEM_PUBLIC_KEY_BYTES));
    return valid ? { item, keys, plaintext } : undefined;
  }
  return undefined;
}

function newestOwn(active: ActiveSession): OwnHistoryItem {
  const newest = active.ownHistory.at(-1);
  if (newest === undefined) throw new Error("session: own history is never empty");
  return newest;
}
