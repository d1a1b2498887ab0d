import { createHash } from "node:crypto";
import { bytesToHex } from "@noble/ciphers/utils.js";
import { openAnnouncement } from "../../packages/gossip-sdk/src/announcement/announcement.ts";
import type { CryptoProvider } from "../../packages/gossip-sdk/src/crypto/provider.ts";
import { identityFromRoot } from "../../packages/gossip-sdk/src/identity/identity.ts";
import type { Identity } from "../../packages/gossip-sdk/src/identity/identity.ts";
import { parsePublicKeys } from "../../packages/gossip-sdk/src/identity/public-keys.ts";
import { userIdToBytes } from "../../packages/gossip-sdk/src/identity/user-id.ts";
import {
  acceptAnnouncement,
  establish,
} from "../../packages/gossip-sdk/src/session/peer-session.ts";
import type { PeerSession } from "../../packages/gossip-sdk/src/session/peer-session.ts";
import * as baseline from "../baseline/gossip.ts";
import { WrongResultError } from "../measure.ts";

/** One person in both implementations. */
export interface Person {
  readonly sdk: Identity;
  readonly plain: baseline.BaselineIdentity;
}

/** A person whose keys follow from a name; throws when the two implementations do not agree on them. */
export function createPerson(name: string, crypto: CryptoProvider): Person {
  const root = createHash("sha256").update(`bench: ${name}`).digest();
  const person = { sdk: identityFromRoot(root, crypto), plain: baseline.identityFromRoot(root) };
  const [ours, theirs] = [userIdToBytes(person.sdk.userId), person.plain.publicKeys.userId];
  if (bytesToHex(ours) !== bytesToHex(theirs)) throw new WrongResultError("user ids differ");
  return person;
}

/** A conversation of the SDK (ours) with the yardstick (peer), just established. */
export interface MixedSession {
  readonly ours: PeerSession;
  readonly peer: baseline.BaselineSession;
}

/** Announces in both directions, each side with its own implementation. */
export function meetMixed(me: Person, peer: Person, crypto: CryptoProvider): MixedSession {
  const nowMs = Date.now();
  const mine = establish(undefined, {
    identity: me.sdk,
    peer: parsePublicKeys(peer.plain.publicKeys.bytes),
    userData: new Uint8Array(),
    nowMs,
    crypto,
  });
  const theirs = baseline.createAnnouncement(
    peer.plain,
    me.plain.publicKeys,
    new Uint8Array(),
    nowMs,
  );
  const seenByPeer = baseline.openAnnouncement(peer.plain, mine.announcement);
  const seenByUs = openAnnouncement({ identity: me.sdk, bytes: theirs.bytes, crypto });
  if (seenByPeer === undefined || seenByUs === undefined) {
    throw new WrongResultError("the two implementations cannot open each other's announcements");
  }
  const accepted = acceptAnnouncement(mine.session, seenByUs, { nowMs, crypto });
  return {
    ours: accepted.session,
    peer: baseline.createSession(theirs.request, seenByPeer.request),
  };
}

/** The same between two yardsticks. */
export function meetPlain(
  me: Person,
  peer: Person,
): { ours: baseline.BaselineSession; peer: baseline.BaselineSession } {
  const nowMs = Date.now();
  const nothing = new Uint8Array();
  const mine = baseline.createAnnouncement(me.plain, peer.plain.publicKeys, nothing, nowMs);
  const theirs = baseline.createAnnouncement(peer.plain, me.plain.publicKeys, nothing, nowMs);
  const seenByPeer = baseline.openAnnouncement(peer.plain, mine.bytes);
  const seenByUs = baseline.openAnnouncement(me.plain, theirs.bytes);
  if (seenByPeer === undefined || seenByUs === undefined) {
    throw new WrongResultError("the yardstick cannot open its own announcement");
  }
  return {
    ours: baseline.createSession(mine.request, seenByUs.request),
    peer: baseline.createSession(theirs.request, seenByPeer.request),
  };
}
