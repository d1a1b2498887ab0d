import { randomBytes } from "node:crypto";
import { equalBytes } from "@noble/ciphers/utils.js";
import { openAnnouncement } from "../../packages/gossip-sdk/src/announcement/announcement.ts";
import type { CryptoProvider } from "../../packages/gossip-sdk/src/crypto/provider.ts";
import {
  decodePeerSession,
  encodePeerSession,
} from "../../packages/gossip-sdk/src/session/peer-session-codec.ts";
import {
  acceptAnnouncement,
  decryptValue,
  encryptMessage,
  establish,
} from "../../packages/gossip-sdk/src/session/peer-session.ts";
import type {
  DecryptResult,
  PeerSession,
} from "../../packages/gossip-sdk/src/session/peer-session.ts";
import * as baseline from "../baseline/gossip.ts";
import { compare, createTurn, WrongResultError } from "../measure.ts";
import { createHeldResult, createRecord } from "../records.ts";
import type { BenchResult } from "../records.ts";
import { createPerson, meetMixed, meetPlain } from "./people.ts";
import type { Person } from "./people.ts";
import { rawMessageReceive, rawMessageReceiveAfterMisses } from "./raw.ts";

const UNACKNOWLEDGED = 100;
const BATCH = 2;
const FLOOR = 4;
const CONTENTS = randomBytes(200);

interface Posted {
  readonly seeker: Uint8Array;
  readonly data: Uint8Array;
}

/** A message that comes while 100 own messages are unacknowledged: the peer may have built on any of 101 steps. */
export function benchBacklog(crypto: CryptoProvider): BenchResult[] {
  const me = createPerson("me", crypto);
  const peer = createPerson("peer", crypto);
  const newest = compareNewest(me, peer, crypto);
  const { worst, restored } = compareWorst(me, peer, crypto);
  return [
    createHeldResult("receive-100-unacked", worst, FLOOR),
    createHeldResult("receive-100-unacked-newest", newest, FLOOR),
    createHeldResult("receive-100-unacked-worst", worst, FLOOR),
    {
      record: createRecord({
        name: "receive-100-unacked-restored",
        unit: "ms",
        value: restored.oursMs,
        baseline: restored.baselineMs,
        raw: restored.rawMs,
      }),
    },
  ];
}

/** The peer has read all 100 and builds on the last: the first step tried is the right one. */
function compareNewest(
  me: Person,
  peer: Person,
  crypto: CryptoProvider,
): ReturnType<typeof compare> {
  const start = meetSdk(me, peer, crypto);
  const plain = meetPlain(me, peer);
  let plainPeer = plain.peer;
  let plainOurs = plain.ours;
  for (let i = 0; i < UNACKNOWLEDGED; i++) {
    const sent = baseline.sendMessage(plainOurs, CONTENTS, Date.now());
    const { seeker, data } = sent;
    const read = baseline.receiveMessage(plainPeer, peer.plain, seeker, data);
    if (read === undefined) throw new WrongResultError("receive-100-unacked baseline: unreadable");
    plainOurs = sent.session;
    plainPeer = read.session;
  }
  return compare({
    baseline: plainTurn(plainOurs, me, UNACKNOWLEDGED + 1, () =>
      baseline.sendMessage(plainPeer, CONTENTS, Date.now()),
    ),
    ours: sdkTurn(me, crypto, UNACKNOWLEDGED + 1, () => {
      let { ours, theirs } = start;
      for (let i = 0; i < UNACKNOWLEDGED; i++) {
        const sent = send(ours, crypto);
        ours = sent.session;
        theirs = receive(theirs, sent, peer, crypto).session;
      }
      return { session: ours, posted: send(theirs, crypto) };
    }),
    raw: createTurn("receive-100-unacked-newest raw", BATCH, {
      prepare: () => CONTENTS.length,
      run: rawMessageReceive,
      check: Boolean,
    }),
    rounds: 24,
    warmUpRounds: 4,
  });
}

/** The peer has read none of them and builds on the announcement: 100 steps are tried before the right one. */
function compareWorst(
  me: Person,
  peer: Person,
  crypto: CryptoProvider,
): { worst: ReturnType<typeof compare>; restored: ReturnType<typeof compare> } {
  const start = meetMixed(me, peer, crypto);
  const plain = meetPlain(me, peer);
  let plainOurs = plain.ours;
  for (let i = 0; i < UNACKNOWLEDGED; i++) {
    plainOurs = baseline.sendMessage(plainOurs, CONTENTS, Date.now()).session;
  }
  const baselineTurn = plainTurn(plainOurs, me, 1, () =>
    baseline.sendMessage(plain.peer, CONTENTS, Date.now()),
  );
  const rawTurn = createTurn("receive-100-unacked-worst raw", BATCH, {
    prepare: () => CONTENTS.length,
    run: (length) => rawMessageReceiveAfterMisses(length, UNACKNOWLEDGED),
    check: Boolean,
  });
  // A state of its own for every call: what a provider remembers of the keys must come from sending, as in life.
  const prepare = (): { session: PeerSession; posted: Posted } => {
    let session = start.ours;
    for (let i = 0; i < UNACKNOWLEDGED; i++) session = send(session, crypto).session;
    return { session, posted: baseline.sendMessage(start.peer, CONTENTS, Date.now()) };
  };
  const worst = compare({
    baseline: baselineTurn,
    ours: sdkTurn(me, crypto, 1, prepare),
    raw: rawTurn,
    rounds: 24,
    warmUpRounds: 4,
  });
  const restored = compare({
    baseline: baselineTurn,
    ours: sdkTurn(me, crypto, 1, () => {
      const { session, posted } = prepare();
      return { session: decodePeerSession(encodePeerSession(session)), posted };
    }),
    raw: rawTurn,
    rounds: 6,
    warmUpRounds: 2,
  });
  return { worst, restored };
}

function plainTurn(
  session: baseline.BaselineSession,
  me: Person,
  acknowledged: number,
  write: () => Posted,
): () => number[] {
  return createTurn("receive-100-unacked baseline", BATCH, {
    prepare: write,
    run: ({ seeker, data }) => baseline.receiveMessage(session, me.plain, seeker, data),
    check: (read) =>
      read !== undefined &&
      equalBytes(read.contents, CONTENTS) &&
      read.acknowledged.length === acknowledged,
  });
}

function sdkTurn(
  me: Person,
  crypto: CryptoProvider,
  acknowledged: number,
  prepare: () => { session: PeerSession; posted: Posted },
): () => number[] {
  return createTurn("receive-100-unacked", BATCH, {
    prepare,
    run: ({ session, posted }) => receive(session, posted, me, crypto).result,
    check: (result) =>
      equalBytes(result.contents, CONTENTS) && result.acknowledgedSeekers.length === acknowledged,
  });
}

function send(session: PeerSession, crypto: CryptoProvider): Posted & { session: PeerSession } {
  const sent = encryptMessage(session, { contents: CONTENTS, nowMs: Date.now(), crypto });
  if (sent === undefined) throw new WrongResultError("receive-100-unacked: no session");
  return sent;
}

function receive(
  session: PeerSession,
  posted: Posted,
  reader: Person,
  crypto: CryptoProvider,
): { session: PeerSession; result: Extract<DecryptResult, { kind: "message" }> } {
  const read = decryptValue(session, {
    seeker: posted.seeker,
    data: posted.data,
    nowMs: Date.now(),
    identity: reader.sdk,
    crypto,
  });
  if (read.result.kind !== "message") {
    throw new WrongResultError(`receive-100-unacked: ${read.result.kind}`);
  }
  return { session: read.session, result: read.result };
}

/** Announces in both directions between two SDKs. */
function meetSdk(
  me: Person,
  peer: Person,
  crypto: CryptoProvider,
): { ours: PeerSession; theirs: PeerSession } {
  const nowMs = Date.now();
  const userData = new Uint8Array();
  const mine = establish(undefined, {
    identity: me.sdk,
    peer: peer.sdk.publicKeys,
    userData,
    nowMs,
    crypto,
  });
  const opened = openAnnouncement({ identity: peer.sdk, bytes: mine.announcement, crypto });
  if (opened === undefined) throw new WrongResultError("announcement-parse: not for the recipient");
  const heard = acceptAnnouncement(undefined, opened, { nowMs, crypto });
  const answer = establish(heard.session, {
    identity: peer.sdk,
    peer: opened.sender,
    userData,
    nowMs,
    crypto,
  });
  const back = openAnnouncement({ identity: me.sdk, bytes: answer.announcement, crypto });
  if (back === undefined) throw new WrongResultError("announcement-parse: not for the recipient");
  return {
    ours: acceptAnnouncement(mine.session, back, { nowMs, crypto }).session,
    theirs: answer.session,
  };
}
