import { openAnnouncement, type OpenedAnnouncement } from "../src/announcement/announcement.ts";
import { createNativeProvider } from "../src/crypto/native.ts";
import type { CryptoProvider } from "../src/crypto/provider.ts";
import { type Identity, identityFromRoot } from "../src/identity/identity.ts";
import {
  acceptAnnouncement,
  awaitedSeeker,
  decryptValue,
  encryptMessage,
  establish,
  type PeerSession,
} from "../src/session/peer-session.ts";

/** 2026-01-01, a time like any other. */
export const NOON_MS = Date.UTC(2026, 0, 1, 12);

export const native = createNativeProvider();
const NOTHING = new Uint8Array();

/** A person whose keys follow from a number. */
export function person(number: number): Identity {
  return identityFromRoot(new Uint8Array(32).fill(number), native);
}

/** Opens an announcement that must be for this person. */
export function mustOpen(
  identity: Identity,
  bytes: Uint8Array,
  crypto: CryptoProvider = native,
): OpenedAnnouncement {
  const opened = openAnnouncement({ identity, bytes, crypto });
  if (opened === undefined) throw new Error("the announcement is not for this person");
  return opened;
}

/** One end of a conversation: who we are, what we know of the other, and with which provider we compute. */
export interface End {
  readonly identity: Identity;
  readonly crypto: CryptoProvider;
  session: PeerSession;
}

/** Two people who have announced themselves to each other. */
export function meet(
  alice: Identity,
  bob: Identity,
  crypto: { alice?: CryptoProvider; bob?: CryptoProvider } = {},
): { alice: End; bob: End } {
  const aliceCrypto = crypto.alice ?? native;
  const bobCrypto = crypto.bob ?? native;
  const request = { userData: NOTHING, nowMs: NOON_MS };
  const fromAlice = establish(undefined, {
    ...request,
    identity: alice,
    peer: bob.publicKeys,
    crypto: aliceCrypto,
  });
  const fromBob = establish(undefined, {
    ...request,
    identity: bob,
    peer: alice.publicKeys,
    crypto: bobCrypto,
  });
  const atAlice = mustOpen(alice, fromBob.announcement, aliceCrypto);
  const atBob = mustOpen(bob, fromAlice.announcement, bobCrypto);
  const when = { nowMs: NOON_MS };
  return {
    alice: {
      identity: alice,
      crypto: aliceCrypto,
      session: acceptAnnouncement(fromAlice.session, atAlice, { ...when, crypto: aliceCrypto })
        .session,
    },
    bob: {
      identity: bob,
      crypto: bobCrypto,
      session: acceptAnnouncement(fromBob.session, atBob, { ...when, crypto: bobCrypto }).session,
    },
  };
}

/** Sends from one end, keeping the new state there. */
export function send(
  end: End,
  contents: Uint8Array,
  nowMs = NOON_MS,
): { seeker: Uint8Array; data: Uint8Array } {
  const sent = encryptMessage(end.session, { contents, nowMs, crypto: end.crypto });
  if (sent === undefined) throw new Error("there is no session to send in");
  end.session = sent.session;
  return sent;
}

/** Reads at the other end, keeping the new state there. */
export function receive(
  end: End,
  data: Uint8Array,
  nowMs = NOON_MS,
): ReturnType<typeof decryptValue>["result"] {
  const seeker = awaitedSeeker(end.session);
  if (seeker === undefined) throw new Error("there is no session to read in");
  const { session, result } = decryptValue(end.session, {
    seeker,
    data,
    nowMs,
    identity: end.identity,
    crypto: end.crypto,
  });
  end.session = session;
  return result;
}
