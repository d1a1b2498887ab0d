import { randomBytes } from "node:crypto";
import { equalBytes } from "@noble/ciphers/utils.js";
import type { CryptoProvider } from "../../packages/gossip-sdk/src/crypto/provider.ts";
import {
  awaitedSeeker,
  decryptValue,
  encryptMessage,
} from "../../packages/gossip-sdk/src/session/peer-session.ts";
import type { PeerSession } from "../../packages/gossip-sdk/src/session/peer-session.ts";
import * as baseline from "../baseline/gossip.ts";
import { compare, createTurn, WrongResultError } from "../measure.ts";
import { createHeldResult } from "../records.ts";
import type { BenchResult } from "../records.ts";
import { createPerson, meetMixed, meetPlain } from "./people.ts";
import type { MixedSession, Person } from "./people.ts";
import { rawMessageReceive, rawMessageSend } from "./raw.ts";

const BATCH = 8;
const CONTENTS = randomBytes(200);

/**
 * message-send and message-receive, 200 bytes each, in a conversation where the two take turns: so every send meets a
 * ratchet key that it has not seen before. Each slot of a batch is a conversation of its own; the peer is the yardstick
 * on both sides of the comparison, which also proves each message right.
 */
export function benchMessages(crypto: CryptoProvider): BenchResult[] {
  const me = createPerson("me", crypto);
  const peer = createPerson("peer", crypto);
  const slots = Array.from({ length: BATCH }, (_, slot) => slot);
  const mixed = slots.map(() => new MixedTalk(me, peer, crypto));
  const plain = slots.map(() => new PlainTalk(me, peer));
  const send = compare({
    baseline: createTurn("message-send baseline", BATCH, {
      prepare: (slot) => at(plain, slot).hear(),
      run: (talk) => talk.send(),
      check: (sent, talk) => talk.peerReads(sent),
    }),
    ours: createTurn("message-send", BATCH, {
      prepare: (slot) => at(mixed, slot).hear(),
      run: (talk) => talk.send(),
      check: (sent, talk) => talk.peerReads(sent),
    }),
    raw: createTurn("message-send raw", BATCH, {
      prepare: () => CONTENTS.length,
      run: rawMessageSend,
      check: Boolean,
    }),
    rounds: 60,
    warmUpRounds: 20,
  });
  const receive = compare({
    baseline: createTurn("message-receive baseline", BATCH, {
      prepare: (slot) => at(plain, slot).peerWrites(),
      run: ({ talk, posted }) => talk.receive(posted),
      check: (contents, { talk }) => equalBytes(contents, CONTENTS) && talk.peerReads(talk.send()),
    }),
    ours: createTurn("message-receive", BATCH, {
      prepare: (slot) => at(mixed, slot).peerWrites(),
      run: ({ talk, posted }) => talk.receive(posted),
      check: (contents, { talk }) => equalBytes(contents, CONTENTS) && talk.peerReads(talk.send()),
    }),
    raw: createTurn("message-receive raw", BATCH, {
      prepare: () => CONTENTS.length,
      run: rawMessageReceive,
      check: Boolean,
    }),
    rounds: 60,
    warmUpRounds: 20,
  });
  return [
    createHeldResult("message-send", send, 4),
    createHeldResult("message-receive", receive, 4),
  ];
}

interface Posted {
  readonly seeker: Uint8Array;
  readonly data: Uint8Array;
}

/** We are the SDK, the peer is the yardstick. */
class MixedTalk {
  readonly #me: Person;
  readonly #peer: Person;
  readonly #crypto: CryptoProvider;
  #session: MixedSession;

  constructor(me: Person, peer: Person, crypto: CryptoProvider) {
    this.#me = me;
    this.#peer = peer;
    this.#crypto = crypto;
    this.#session = meetMixed(me, peer, crypto);
  }

  /** The peer writes and we read it, so that our next send meets a new key. */
  hear(): this {
    this.receive(this.peerWrites().posted);
    return this;
  }

  peerWrites(): { talk: MixedTalk; posted: Posted } {
    const posted = baseline.sendMessage(this.#session.peer, CONTENTS, Date.now());
    this.#session = { ...this.#session, peer: posted.session };
    return { talk: this, posted };
  }

  /** @returns The contents; and the address of the next message is known afterwards. */
  receive(posted: Posted): Uint8Array {
    const { session, result } = decryptValue(this.#session.ours, {
      ...posted,
      nowMs: Date.now(),
      identity: this.#me.sdk,
      crypto: this.#crypto,
    });
    if (result.kind !== "message" || awaitedSeeker(session) === undefined) {
      throw new WrongResultError(`message-receive: ${result.kind}`);
    }
    this.#session = { ...this.#session, ours: session };
    return result.contents;
  }

  send(): Posted {
    const sent = encryptMessage(this.#session.ours, {
      contents: CONTENTS,
      nowMs: Date.now(),
      crypto: this.#crypto,
    });
    if (sent === undefined) throw new WrongResultError("message-send: no session");
    const ours: PeerSession = sent.session;
    this.#session = { ...this.#session, ours };
    return sent;
  }

  peerReads(posted: Posted): boolean {
    const { seeker, data } = posted;
    const read = baseline.receiveMessage(this.#session.peer, this.#peer.plain, seeker, data);
    if (read === undefined) return false;
    this.#session = { ...this.#session, peer: read.session };
    return equalBytes(read.contents, CONTENTS);
  }
}

/** Both are the yardstick. */
class PlainTalk {
  readonly #me: Person;
  readonly #peer: Person;
  #ours: baseline.BaselineSession;
  #theirs: baseline.BaselineSession;

  constructor(me: Person, peer: Person) {
    this.#me = me;
    this.#peer = peer;
    const session = meetPlain(me, peer);
    this.#ours = session.ours;
    this.#theirs = session.peer;
  }

  hear(): this {
    this.receive(this.peerWrites().posted);
    return this;
  }

  peerWrites(): { talk: PlainTalk; posted: Posted } {
    const posted = baseline.sendMessage(this.#theirs, CONTENTS, Date.now());
    this.#theirs = posted.session;
    return { talk: this, posted };
  }

  receive(posted: Posted): Uint8Array {
    const { seeker, data } = posted;
    const read = baseline.receiveMessage(this.#ours, this.#me.plain, seeker, data);
    if (read === undefined || baseline.seekerOf(read.session.peerSeekerSeed).length === 0) {
      throw new WrongResultError("message-receive baseline: unreadable");
    }
    this.#ours = read.session;
    return read.contents;
  }

  send(): Posted {
    const sent = baseline.sendMessage(this.#ours, CONTENTS, Date.now());
    this.#ours = sent.session;
    return sent;
  }

  peerReads({ seeker, data }: Posted): boolean {
    const read = baseline.receiveMessage(this.#theirs, this.#peer.plain, seeker, data);
    if (read === undefined) return false;
    this.#theirs = read.session;
    return equalBytes(read.contents, CONTENTS);
  }
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`no item ${index}`);
  return item;
}
