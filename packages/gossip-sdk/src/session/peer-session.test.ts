import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  meet,
  mustOpen,
  native,
  NOON_MS,
  person,
  receive,
  send,
} from "../../test-support/people.ts";
import { toHex, utf8Bytes } from "../codec/bytes.ts";
import { createPortableProvider } from "../crypto/portable.ts";
import { MAX_CONTENTS_BYTES } from "../limits.ts";
import {
  acceptAnnouncement,
  awaitedSeeker,
  decryptValue,
  encryptMessage,
  establish,
  nextOwnSeeker,
  ownSeekers,
  type PeerSession,
  refreshSession,
  sessionStatus,
} from "./peer-session.ts";
import { encodePeerSession } from "./peer-session-codec.ts";
import { DEFAULT_SESSION_CONFIG, type SessionConfig } from "./session-config.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const alice = person(1);
const bob = person(2);
const HI = utf8Bytes("hi");
const portable = createPortableProvider();

function config(change: Partial<SessionConfig>): SessionConfig {
  return { ...DEFAULT_SESSION_CONFIG, ...change };
}

/** An announcement of alice to bob, opened at bob. */
function fromAlice(nowMs: number) {
  const { announcement } = establish(undefined, {
    identity: alice,
    peer: bob.publicKeys,
    userData: new Uint8Array(),
    nowMs,
    crypto: native,
  });
  return mustOpen(bob, announcement);
}

describe("a conversation", () => {
  it.each([
    ["native with native", native, native],
    ["native with portable", native, portable],
    ["portable with native", portable, native],
  ])("goes both ways, in order, in bursts: %s", (_who, aliceCrypto, bobCrypto) => {
    const ends = meet(alice, bob, { alice: aliceCrypto, bob: bobCrypto });
    const turns = fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 300 })), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(turns, (messages) => {
        const queues = { alice: [] as Uint8Array[], bob: [] as Uint8Array[] };
        const wire = { alice: [] as Uint8Array[], bob: [] as Uint8Array[] };
        for (const [isAlice, contents] of messages) {
          const to = isAlice ? "bob" : "alice";
          wire[to].push(send(isAlice ? ends.alice : ends.bob, contents).data);
          queues[to].push(contents);
        }
        for (const to of ["alice", "bob"] as const) {
          const read = wire[to].map((data) => receive(ends[to], data));
          expect(read).toEqual(
            queues[to].map((contents) =>
              expect.objectContaining({ kind: "message", contents, sentAtMs: NOON_MS }),
            ),
          );
        }
      }),
      { numRuns: 6 },
    );
  });

  it("tells which of our messages the peer has read", () => {
    const ends = meet(alice, bob);
    const sent = [send(ends.alice, HI), send(ends.alice, HI), send(ends.alice, HI)];
    expect(ownSeekers(ends.alice.session)).toEqual(sent.map((message) => message.seeker));
    for (const { data } of sent.slice(0, 2)) receive(ends.bob, data);
    const answer = receive(ends.alice, send(ends.bob, HI).data);
    expect(acknowledged(answer)).toEqual(
      expect.arrayContaining([toHex(sent[0]!.seeker), toHex(sent[1]!.seeker)]),
    );
    expect(acknowledged(answer)).not.toContain(toHex(sent[2]!.seeker));
    expect(ownSeekers(ends.alice.session)).toEqual([sent[1]!.seeker, sent[2]!.seeker]);
  });

  it("survives a peer that answers to any of many unanswered messages", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), (readCount) => {
        const ends = meet(alice, bob);
        const sent = Array.from({ length: 12 }, () => send(ends.alice, HI));
        for (const { data } of sent.slice(0, readCount)) receive(ends.bob, data);
        expect(receive(ends.alice, send(ends.bob, HI).data).kind).toBe("message");
      }),
      { numRuns: 13 },
    );
  });

  it("leaves every state as it was, so that a failed write can be tried again", () => {
    const ends = meet(alice, bob);
    const before = ends.alice.session;
    const stored = encodePeerSession(before);
    const first = encryptMessage(before, { contents: HI, nowMs: NOON_MS, crypto: native });
    const { data } = send(ends.bob, HI);
    receive({ ...ends.alice }, data);
    refreshSession(before, NOON_MS + 30 * DAY_MS);
    expect(encodePeerSession(before)).toEqual(stored);
    expect(first?.seeker).toEqual(nextOwnSeeker(before));
    expect(first?.session).not.toBe(before);
  });

  it("puts each message where the peer is waiting", () => {
    const ends = meet(alice, bob);
    for (let i = 0; i < 3; i++) {
      const expected = awaitedSeeker(ends.bob.session);
      const { seeker, data } = send(ends.alice, HI);
      expect(seeker).toEqual(expected);
      receive(ends.bob, data);
    }
  });

  it("takes contents of up to 1 MiB", () => {
    const ends = meet(alice, bob);
    const contents = new Uint8Array(MAX_CONTENTS_BYTES).fill(1);
    const { data } = send(ends.alice, contents);
    const result = receive(ends.bob, data);
    expect(result.kind === "message" && result.contents.length).toBe(MAX_CONTENTS_BYTES);
    expect(() => send(ends.alice, new Uint8Array(MAX_CONTENTS_BYTES + 1))).toThrow(
      expect.objectContaining({ code: "too_large" }),
    );
  });
});

describe("a value from the board", () => {
  it("at another address changes nothing, however often it comes", () => {
    const ends = meet(alice, bob);
    const first = send(ends.alice, HI);
    receive(ends.bob, first.data);
    const before = ends.bob.session;
    for (let i = 0; i < 1000; i++) {
      const again = decryptValue(before, {
        ...first,
        nowMs: NOON_MS,
        identity: bob,
        crypto: native,
      });
      expect(again).toEqual({ session: before, result: { kind: "ignored" } });
    }
  });

  it("with any bit flipped ends the session, as in the official client", () => {
    const ends = meet(alice, bob);
    const { data } = send(ends.alice, HI);
    fc.assert(
      fc.property(fc.nat(data.length * 8 - 1), (bit) => {
        const flipped = Uint8Array.from(data);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        const end = { ...ends.bob };
        expect(receive(end, flipped)).toEqual({ kind: "lost", reason: "bad_signature" });
        expect(sessionStatus(end.session)).toBe("killed");
      }),
      { numRuns: 200 },
    );
  });

  it("with any bit flipped is refused by the seal alone, even where the signature is not looked at", () => {
    const ends = meet(alice, bob);
    const { seeker, data } = send(ends.alice, HI);
    const signedBytes = 100;
    fc.assert(
      fc.property(fc.integer({ min: signedBytes * 8, max: data.length * 8 - 1 }), (bit) => {
        const flipped = Uint8Array.from(data);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        const { result } = decryptValue(ends.bob.session, {
          seeker,
          data: flipped,
          nowMs: NOON_MS,
          identity: bob,
          crypto: native,
          verified: true,
        });
        expect(result).toEqual({ kind: "lost", reason: "undecryptable" });
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ["older than seven days", 7 * DAY_MS + 1, "too_old"],
    ["more than a minute ahead", -60_001, "future"],
  ])("%s ends the session", (_what, laterMs, reason) => {
    const ends = meet(alice, bob);
    const { data } = send(ends.alice, HI);
    expect(receive(ends.bob, data, NOON_MS + laterMs)).toEqual({ kind: "lost", reason });
    expect(sessionStatus(ends.bob.session)).toBe("killed");
  });

  it.each([
    ["seven days old", 7 * DAY_MS],
    ["a minute ahead", -60_000],
  ])("exactly %s is taken", (_what, laterMs) => {
    const ends = meet(alice, bob);
    const { data } = send(ends.alice, HI);
    expect(receive(ends.bob, data, NOON_MS + laterMs).kind).toBe("message");
  });

  it("that is older than the one before ends the session", () => {
    const ends = meet(alice, bob);
    receive(ends.bob, send(ends.alice, HI, NOON_MS + 5).data);
    const official = config({ monotonicSendClock: false });
    const back = encryptMessage(ends.alice.session, {
      contents: HI,
      nowMs: NOON_MS + 4,
      crypto: native,
      config: official,
    });
    expect(back && receive(ends.bob, back.data)).toEqual({ kind: "lost", reason: "went_back" });
  });
});

describe("our own clock", () => {
  it("never goes back between messages, whatever the machine says", () => {
    const ends = meet(alice, bob);
    const stamps = [0, 10, -5000, 3, 11].map((offsetMs) => {
      const { data } = send(ends.alice, HI, NOON_MS + offsetMs);
      const result = receive(ends.bob, data);
      return result.kind === "message" && result.sentAtMs - NOON_MS;
    });
    expect(stamps).toEqual([0, 10, 10, 10, 11]);
  });

  it("moves on with every announcement, so that the peer takes the newer one", () => {
    const request = { identity: alice, peer: bob.publicKeys, userData: HI, crypto: native };
    const first = establish(undefined, { ...request, nowMs: NOON_MS });
    const second = establish(first.session, { ...request, nowMs: NOON_MS - 5000 });
    const atBob = acceptAnnouncement(undefined, mustOpen(bob, first.announcement), {
      nowMs: NOON_MS,
      crypto: native,
    });
    const renewed = acceptAnnouncement(atBob.session, mustOpen(bob, second.announcement), {
      nowMs: NOON_MS,
      crypto: native,
    });
    expect(renewed.accepted).toBe(true);
    expect(renewed.session.incoming?.createdAtMs).toBe(NOON_MS + 1);
  });
});

describe("an announcement of the peer", () => {
  it.each([
    ["seven days old", -7 * DAY_MS, undefined],
    ["older than seven days", -7 * DAY_MS - 1, "too_old"],
    ["a minute ahead", 60_000, undefined],
    ["more than a minute ahead", 60_001, "future"],
  ])("%s is judged by our clock", (_what, offsetMs, rejected) => {
    const opened = fromAlice(NOON_MS + offsetMs);
    const result = acceptAnnouncement(undefined, opened, { nowMs: NOON_MS, crypto: native });
    expect(result.rejected).toBe(rejected);
    expect(result.accepted).toBe(rejected === undefined);
  });

  it.each([-1, 0])("that is not newer than the last one is superseded (%d ms)", (offsetMs) => {
    const when = { nowMs: NOON_MS, crypto: native };
    const { session } = acceptAnnouncement(undefined, fromAlice(NOON_MS), when);
    const second = acceptAnnouncement(session, fromAlice(NOON_MS + offsetMs), when);
    expect(second).toEqual({ session, accepted: false, rejected: "superseded" });
  });

  it("of any age is taken when the limit is lifted, as a restore scan does", () => {
    const opened = fromAlice(NOON_MS - 400 * DAY_MS);
    const lifted = config({ maxAnnouncementAgeMs: Infinity });
    const when = { nowMs: NOON_MS, crypto: native, config: lifted };
    expect(acceptAnnouncement(undefined, opened, when).accepted).toBe(true);
  });
});

describe("renewal", () => {
  it("by one side alone gives both a session that works", () => {
    const ends = meet(alice, bob);
    receive(ends.bob, send(ends.alice, HI).data);
    const renewed = establish(ends.alice.session, {
      identity: alice,
      peer: bob.publicKeys,
      userData: new Uint8Array(),
      nowMs: NOON_MS,
      crypto: native,
    });
    ends.alice.session = renewed.session;
    ends.bob.session = acceptAnnouncement(ends.bob.session, mustOpen(bob, renewed.announcement), {
      nowMs: NOON_MS,
      crypto: native,
    }).session;
    expect(receive(ends.bob, send(ends.alice, HI).data).kind).toBe("message");
    expect(receive(ends.alice, send(ends.bob, HI).data).kind).toBe("message");
  });

  it("by both sides at once converges", () => {
    const ends = meet(alice, bob);
    const renew = (from: typeof ends.alice, to: typeof alice) =>
      establish(from.session, {
        identity: from.identity,
        peer: to.publicKeys,
        userData: new Uint8Array(),
        nowMs: NOON_MS + 10,
        crypto: native,
      });
    const byAlice = renew(ends.alice, bob);
    const byBob = renew(ends.bob, alice);
    const when = { nowMs: NOON_MS + 10, crypto: native };
    ends.alice.session = acceptAnnouncement(
      byAlice.session,
      mustOpen(alice, byBob.announcement),
      when,
    ).session;
    ends.bob.session = acceptAnnouncement(
      byBob.session,
      mustOpen(bob, byAlice.announcement),
      when,
    ).session;
    expect(receive(ends.bob, send(ends.alice, HI, NOON_MS + 10).data).kind).toBe("message");
    expect(receive(ends.alice, send(ends.bob, HI, NOON_MS + 10).data).kind).toBe("message");
  });
});

describe("the status of a peer", () => {
  const ends = meet(alice, bob);
  const { active, incoming, outgoing } = ends.alice.session;

  it.each<[string, PeerSession | undefined]>([
    ["unknown_peer", undefined],
    ["no_session", {}],
    ["self_requested", { outgoing: outgoing! }],
    ["peer_requested", { incoming: incoming! }],
    ["killed", { incoming: incoming!, outgoing: outgoing! }],
    ["active", { active: active!, incoming: incoming!, outgoing: outgoing! }],
  ])("is %s", (status, session) => {
    expect(sessionStatus(session)).toBe(status);
  });

  it("is saturated, and nothing more is sent, when too many messages are unanswered", () => {
    const limited = config({ maxSelfLag: 3 });
    const end = { ...ends.alice };
    send(end, HI);
    expect(sessionStatus(end.session, limited)).toBe("active");
    send(end, HI);
    expect(sessionStatus(end.session, limited)).toBe("saturated");
    const when = { contents: HI, nowMs: NOON_MS, crypto: native, config: limited };
    expect(encryptMessage(end.session, when)).toBeUndefined();
  });

  it("without a session gives nothing to send, to poll or to compare", () => {
    const session = { outgoing: outgoing! };
    const when = { contents: HI, nowMs: NOON_MS, crypto: native };
    expect(encryptMessage(session, when)).toBeUndefined();
    expect(encryptMessage(undefined, when)).toBeUndefined();
    expect(awaitedSeeker(session)).toBeUndefined();
    expect(nextOwnSeeker(session)).toBeUndefined();
    expect(ownSeekers(session)).toEqual([]);
  });
});

describe("refresh", () => {
  it("asks for a keep-alive after a day of our silence, not at a day", () => {
    const { session } = meet(alice, bob).alice;
    expect(refreshSession(session, NOON_MS + DAY_MS).keepAliveDue).toBe(false);
    expect(refreshSession(session, NOON_MS + DAY_MS + 1).keepAliveDue).toBe(true);
  });

  it("asks for a keep-alive when eight messages of the peer are unacknowledged", () => {
    const ends = meet(alice, bob);
    const due = Array.from({ length: 8 }, () => {
      receive(ends.bob, send(ends.alice, HI).data);
      return refreshSession(ends.bob.session, NOON_MS).keepAliveDue;
    });
    // The announcement counts as the first step of the peer.
    expect(due).toEqual([false, false, false, false, false, false, true, true]);
  });

  it("ends a session after seven days of the peer's silence, not at seven days", () => {
    const { session } = meet(alice, bob).alice;
    expect(refreshSession(session, NOON_MS + 7 * DAY_MS).expired).toBe(false);
    const expired = refreshSession(session, NOON_MS + 7 * DAY_MS + 1);
    expect(expired).toMatchObject({ expired: true, keepAliveDue: false });
    expect(sessionStatus(expired.session)).toBe("killed");
  });

  it("leaves a peer without session alone", () => {
    expect(refreshSession({}, NOON_MS)).toEqual({
      session: {},
      keepAliveDue: false,
      expired: false,
    });
  });
});

function acknowledged(result: ReturnType<typeof receive>): string[] {
  return result.kind === "message" ? result.acknowledgedSeekers.map(toHex) : [];
}
