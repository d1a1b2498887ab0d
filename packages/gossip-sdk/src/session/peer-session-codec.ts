import { copyBytes } from "../codec/bytes.ts";
import { BinReader, BinWriter } from "../codec/bin.ts";
import { KEM_PUBLIC_KEY_BYTES, KEM_SEED_BYTES } from "../crypto/provider.ts";
import { SecretBytes } from "../crypto/secret-bytes.ts";
import { GossipError } from "../errors.ts";
import type { IncomingRequest, OutgoingRequest } from "../announcement/announcement.ts";
import { type PublicKeyBundle, parsePublicKeys } from "../identity/public-keys.ts";
import { MAX_PUBLIC_KEYS_BYTES } from "../limits.ts";
import type { PeerSession } from "./peer-session.ts";
import type { ActiveSession, OwnHistoryItem, PeerRatchet } from "./ratchet.ts";
import { SEEKER_BYTES, type SeekerKey, seekerKey } from "./seeker.ts";

/*
 * Our own format for the local store, unrelated to the blob of the official app (section 7.1):
 * version, flags, then what the flags name. The peer's public keys, 3.2 kB of it, are written once, and ML-KEM secrets
 * as their 64-byte seeds instead of 2,400 bytes: about 135 bytes per unacknowledged own message.
 */

const VERSION = 1;
const HAS_PEER = 1;
const HAS_ACTIVE = 2;
const HAS_INCOMING = 4;
const HAS_OUTGOING = 8;
const ALL_FLAGS = HAS_PEER | HAS_ACTIVE | HAS_INCOMING | HAS_OUTGOING;
const KEY_BYTES = 32;
const MIN_HISTORY_ITEM_BYTES = 1 + KEM_SEED_BYTES + KEY_BYTES + 1 + 1;

/** Encodes the state of a peer. Holds secrets in clear: seal it before it is written anywhere. */
export function encodePeerSession(session: PeerSession): Uint8Array {
  const { active, incoming, outgoing } = session;
  const peer = active?.peerKeys ?? incoming?.peer;
  const writer = new BinWriter()
    .u8(VERSION)
    .u8(
      (peer ? HAS_PEER : 0) |
        (active ? HAS_ACTIVE : 0) |
        (incoming ? HAS_INCOMING : 0) |
        (outgoing ? HAS_OUTGOING : 0),
    );
  if (peer) writer.bytes(peer.bytes);
  if (active) writeActive(writer, active);
  if (incoming) writeIncoming(writer, incoming);
  if (outgoing) writeOutgoing(writer, outgoing);
  return writer.finish();
}

/**
 * Decodes what {@link encodePeerSession} made.
 *
 * @throws GossipError `state_newer` for a later version of this format, `state_unreadable` for anything else.
 */
export function decodePeerSession(bytes: Uint8Array): PeerSession {
  try {
    return read(new BinReader(bytes));
  } catch (cause) {
    if (cause instanceof GossipError && cause.code !== "state_newer") {
      throw new GossipError("state_unreadable", `peer session: ${cause.message}`);
    }
    throw cause;
  }
}

function read(reader: BinReader): PeerSession {
  const version = reader.u8();
  if (version > VERSION) {
    throw new GossipError("state_newer", `peer session: version ${version}, known is ${VERSION}`);
  }
  if (version !== VERSION) throw unreadable("unknown version");
  const flags = reader.u8();
  if ((flags & ~ALL_FLAGS) !== 0) throw unreadable("unknown flags");
  const peer = flags & HAS_PEER ? parsePublicKeys(reader.bytes(MAX_PUBLIC_KEYS_BYTES)) : undefined;
  const session: PeerSession = {
    ...(flags & HAS_ACTIVE && { active: readActive(reader, demand(peer)) }),
    ...(flags & HAS_INCOMING && { incoming: readIncoming(reader, demand(peer)) }),
    ...(flags & HAS_OUTGOING && { outgoing: readOutgoing(reader) }),
  };
  if (reader.remaining !== 0) throw unreadable("bytes after the end");
  return session;
}

function writeActive(writer: BinWriter, active: ActiveSession): void {
  writer.varint(active.ownHistory.length);
  for (const item of active.ownHistory) {
    writer
      .varint(item.height)
      .raw(item.kemSecret.reveal())
      .raw(item.chainKey.reveal())
      .bytes(item.seeker)
      .varint(item.peerParentHeight);
  }
  writer
    .varint(active.peer.height)
    .varint(active.peer.ourParentHeight)
    .raw(active.peer.kemPublicKey)
    .raw(active.peer.chainKey.reveal());
  writeSeekerKey(writer, active.ownSeekerKey);
  writeSeekerKey(writer, active.peerSeekerKey);
  writer.varint(active.lastIncomingMs).varint(active.lastOutgoingMs);
}

function readActive(reader: BinReader, peerKeys: PublicKeyBundle): ActiveSession {
  const count = reader.varint();
  if (count < 1 || count * MIN_HISTORY_ITEM_BYTES > reader.remaining) {
    throw unreadable("history length");
  }
  const ownHistory: OwnHistoryItem[] = [];
  while (ownHistory.length < count) {
    ownHistory.push({
      height: reader.varint(),
      kemSecret: readSecret(reader, KEM_SEED_BYTES),
      chainKey: readSecret(reader, KEY_BYTES),
      seeker: copyBytes(reader.bytes(SEEKER_BYTES)),
      peerParentHeight: reader.varint(),
    });
  }
  const peer: PeerRatchet = {
    height: reader.varint(),
    ourParentHeight: reader.varint(),
    kemPublicKey: copyBytes(reader.raw(KEM_PUBLIC_KEY_BYTES)),
    chainKey: readSecret(reader, KEY_BYTES),
  };
  return {
    peerKeys,
    ownHistory,
    peer,
    ownSeekerKey: readSeekerKey(reader),
    peerSeekerKey: readSeekerKey(reader),
    lastIncomingMs: reader.varint(),
    lastOutgoingMs: reader.varint(),
  };
}

function writeIncoming(writer: BinWriter, incoming: IncomingRequest): void {
  writer
    .raw(incoming.chainKey.reveal())
    .raw(incoming.kemPublicKey)
    .raw(incoming.seekerSeed.reveal())
    .varint(incoming.createdAtMs);
}

function readIncoming(reader: BinReader, peer: PublicKeyBundle): IncomingRequest {
  return {
    peer,
    chainKey: readSecret(reader, KEY_BYTES),
    kemPublicKey: copyBytes(reader.raw(KEM_PUBLIC_KEY_BYTES)),
    seekerSeed: readSecret(reader, KEY_BYTES),
    createdAtMs: reader.varint(),
  };
}

function writeOutgoing(writer: BinWriter, outgoing: OutgoingRequest): void {
  writer
    .raw(outgoing.chainKey.reveal())
    .raw(outgoing.kemSecret.reveal())
    .raw(outgoing.seekerSeed.reveal())
    .varint(outgoing.createdAtMs);
}

function readOutgoing(reader: BinReader): OutgoingRequest {
  return {
    chainKey: readSecret(reader, KEY_BYTES),
    kemSecret: readSecret(reader, KEM_SEED_BYTES),
    seekerSeed: readSecret(reader, KEY_BYTES),
    createdAtMs: reader.varint(),
  };
}

function writeSeekerKey(writer: BinWriter, key: SeekerKey): void {
  writer.raw(key.secret.reveal()).raw(key.publicKey);
}

function readSeekerKey(reader: BinReader): SeekerKey {
  return seekerKey(readSecret(reader, KEY_BYTES), copyBytes(reader.raw(KEY_BYTES)));
}

function readSecret(reader: BinReader, length: number): SecretBytes {
  return new SecretBytes(reader.raw(length));
}

function demand(peer: PublicKeyBundle | undefined): PublicKeyBundle {
  if (peer === undefined) throw unreadable("no public keys");
  return peer;
}

function unreadable(what: string): GossipError {
  return new GossipError("state_unreadable", what);
}
