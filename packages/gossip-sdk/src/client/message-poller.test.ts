import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestContext, type TestContext } from "../../test-support/client-context.ts";
import { mustOpen, native as crypto, person } from "../../test-support/people.ts";
import { toHex } from "../codec/bytes.ts";
import { type Conversation, createConversation, isForked } from "../conversation/conversation.ts";
import { addressToPoll } from "../conversation/machine.ts";
import { createSessionPort } from "../conversation/session-port.ts";
import type { Identity } from "../identity/identity.ts";
import { encodeMessageContent } from "../message/content.ts";
import { signBoardValue } from "../session/board-value.ts";
import { EMPTY_PEER_SESSION, type PeerSession } from "../session/peer-session.ts";
import { createMemoryRelay } from "../transport/memory-relay.ts";
import type { RelayClient } from "../transport/relay-client.ts";
import type { StepOutcome } from "./conversation-book.ts";
import { MessagePoller } from "./message-poller.ts";

const HOUR_MS = 3_600_000;
const NO_DATA = new Uint8Array(0);

let relay: RelayClient;
/** Addresses of each request, in hexadecimal. */
let asked: string[][];
let outcomes: StepOutcome[];
let context: TestContext;
let poller: MessagePoller;
let stop: AbortController;
let look: () => void;

/** Somebody who talks to us; their side of the session is kept here. */
interface Other {
  readonly identity: Identity;
  readonly sessions: ReturnType<typeof createSessionPort>;
  session: PeerSession;
}

beforeEach(async () => {
  asked = [];
  outcomes = [];
  stop = new AbortController();
  look = () => {};
  const honest = createMemoryRelay({ crypto }).createClient();
  const client: RelayClient = Object.create(honest);
  relay = Object.assign(client, {
    fetchValues: (seekers: readonly Uint8Array[]) => {
      asked.push(seekers.map(toHex));
      look();
      return honest.fetchValues(seekers);
    },
    postValue: (seeker: Uint8Array, data: Uint8Array) => honest.postValue(seeker, data),
  });
  context = await openTestContext(1, relay);
  const polling = {
    ...context.polling,
    liveMs: 1,
    idleMs: HOUR_MS,
    idleMaxMs: HOUR_MS,
    forkCheckMs: HOUR_MS,
  };
  poller = new MessagePoller({ ...context, polling });
  context.book.listen((outcome) => {
    outcomes.push(outcome);
    poller.onStep(outcome);
    look();
  });
});

afterEach(() => {
  stop.abort();
  context[Symbol.dispose]();
});

/** Resolves when the condition holds; looked at with every request and every step. */
function until(condition: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  look = () => {
    if (condition()) resolve();
  };
  look();
  return promise;
}

function conversationWith(other: Other): Conversation {
  const conversation = context.book.get(other.identity.userId);
  if (conversation === undefined) throw new Error("test: no conversation");
  return conversation;
}

/** Makes somebody a contact with a session, approved or merely accepted. */
function connectTo(number: number, accept: "trusted" | "accepted"): Other {
  const identity = person(number);
  const sessions = createSessionPort({ identity, crypto });
  const other: Other = { identity, sessions, session: EMPTY_PEER_SESSION };
  announceFrom(other, accept);
  const { book } = context;
  book.step(identity.userId, { type: "announce" });
  const { announcement } = conversationWith(other);
  if (announcement?.stage !== "built") throw new Error("test: nothing was announced");
  const opened = mustOpen(identity, announcement.bytes);
  other.session = sessions.accept(other.session, opened, {
    nowMs: context.nowMs,
    anyAge: false,
  }).session;
  book.step(identity.userId, { type: "announcement_posted" });
  return other;
}

/** An announcement of somebody else, as if it came from the bulletin: the first, or a renewal. */
function announceFrom(other: Other, accept: "trusted" | "accepted" = "trusted"): void {
  context.nowMs += 1;
  const { nowMs } = context;
  const { identity, sessions } = other;
  const peer = context.identity.publicKeys;
  const made = sessions.establish(other.session, { peer, userData: NO_DATA, nowMs });
  other.session = made.session;
  const opened = mustOpen(context.identity, made.announcement);
  const create = createConversation(identity.publicKeys, nowMs);
  context.book.step(identity.userId, { type: "announcement", opened, accept }, { create });
}

async function sayFrom(other: Other, ...texts: string[]): Promise<void> {
  for (const text of texts) {
    const contents = encodeMessageContent({
      type: "text",
      messageId: crypto.randomBytes(12),
      text,
    });
    const sent = other.sessions.encrypt(other.session, {
      contents,
      nowMs: context.nowMs,
    });
    if (sent === undefined) throw new Error("test: no session");
    other.session = sent.session;
    await relay.postValue(sent.seeker, sent.data);
  }
}

function eventsOf(other: Other): number {
  return outcomes
    .filter(({ peer }) => peer === other.identity.userId)
    .reduce((count, { events }) => count + events.length, 0);
}

/** How often an address was asked for. */
function timesAsked(seeker: Uint8Array | undefined): number {
  return asked.flat().filter((each) => seeker !== undefined && each === toHex(seeker)).length;
}

describe("the look at our own next address", () => {
  it("is taken once per interval while the session is the same", async () => {
    const bob = connectTo(2, "trusted");
    outcomes = [];
    const own = context.book.sessions.nextOwnSeeker(conversationWith(bob).session);
    void poller.run(stop.signal);
    await until(() => timesAsked(own) === 1);
    await sayFrom(bob, "one", "two");
    poller.wake();
    await until(() => eventsOf(bob) === 2);
    expect(timesAsked(own)).toBe(1);
  });

  it("comes before anything is read in a session that an old copy of the state got from a later announcement", async () => {
    const bob = connectTo(2, "trusted");
    const { book } = context;
    void poller.run(stop.signal);
    await until(() => timesAsked(book.sessions.nextOwnSeeker(conversationWith(bob).session)) > 0);
    // What the original did with this announcement: it read what Bob said, and answered.
    outcomes = [];
    announceFrom(bob);
    await sayFrom(bob, "answered long ago");
    const key = conversationWith(bob).session.active?.ownSeekerKey;
    if (key === undefined) throw new Error("test: no session");
    await relay.postValue(key.seeker, signBoardValue(key, crypto.randomBytes(3600), crypto));
    const read = eventsOf(bob);
    poller.wake();
    await until(() => eventsOf(bob) > read || isForked(conversationWith(bob)));
    expect([eventsOf(bob) - read, isForked(conversationWith(bob))]).toEqual([0, true]);
  });
});

describe("people the operator has not approved", () => {
  it("are asked for after the others, in requests of their own, as far as they have written", async () => {
    const carol = connectTo(3, "accepted");
    const bob = connectTo(2, "trusted");
    await sayFrom(carol, "1", "2", "3");
    await sayFrom(bob, "1", "2", "3");
    outcomes = [];
    const first = addressToPoll(conversationWith(carol), context.book.sessions);
    void poller.run(stop.signal);
    await until(() => eventsOf(carol) === 3);
    expect(eventsOf(bob)).toBe(3);
    // After bob's three and the one that found no more; a look at our own next address may come between.
    const turn = asked.findIndex((each) => each.includes(toHex(first ?? NO_DATA)));
    expect(turn).toBeGreaterThanOrEqual(4);
    const before = new Set(asked.slice(0, turn).flat());
    expect(asked[turn]?.filter((seeker) => before.has(seeker))).toEqual([]);
  });
});

describe("somebody of whom much waits to be handled", () => {
  it("is not read on until some of it was, and holds up nobody else", async () => {
    const [bob, carol] = [connectTo(2, "trusted"), connectTo(3, "trusted")];
    const { incoming } = context.store;
    const rows = Array.from({ length: 1_000 }, () =>
      incoming.insert(bob.identity.userId, new Uint8Array(1)),
    );
    outcomes = [];
    await sayFrom(bob, "1", "2", "3");
    await sayFrom(carol, "1", "2", "3");
    const next = addressToPoll(conversationWith(bob), context.book.sessions);
    void poller.run(stop.signal);
    await until(() => eventsOf(carol) === 3);
    expect([eventsOf(bob), timesAsked(next)]).toEqual([0, 0]);
    for (const id of rows) incoming.remove(id);
    poller.wake();
    await until(() => eventsOf(bob) === 3);
  });

  it("is measured in bytes, too", async () => {
    const [bob, carol] = [connectTo(2, "trusted"), connectTo(3, "trusted")];
    context.store.incoming.insert(bob.identity.userId, new Uint8Array(16 * 2 ** 20));
    outcomes = [];
    await sayFrom(bob, "1");
    await sayFrom(carol, "1");
    void poller.run(stop.signal);
    await until(() => eventsOf(carol) === 1);
    expect(eventsOf(bob)).toBe(0);
  });
});

describe("catching up with somebody", () => {
  it("waits for a poll that began afterwards and read all, however much that is", async () => {
    const carol = connectTo(3, "accepted");
    void poller.run(stop.signal);
    await until(() => asked.length > 0);
    outcomes = [];
    // More than one poll reads of one person.
    await sayFrom(carol, ...Array.from({ length: 40 }, (_, index) => `${index}`));
    await poller.catchUp(carol.identity.userId, stop.signal);
    expect(eventsOf(carol)).toBe(40);
  });

  it("does not count a poll that was on already, which may have asked before", async () => {
    const carol = connectTo(3, "accepted");
    const caughtUp = Promise.withResolvers<number>();
    const honest = relay.fetchValues.bind(relay);
    relay.fetchValues = async (seekers) => {
      const values = await honest(seekers);
      relay.fetchValues = honest;
      await sayFrom(carol, "late");
      const wait = poller.catchUp(carol.identity.userId, stop.signal);
      caughtUp.resolve(wait.then(() => eventsOf(carol)));
      return values;
    };
    outcomes = [];
    void poller.run(stop.signal);
    await expect(caughtUp.promise).resolves.toBe(1);
  });

  it("ends when the caller gives up", async () => {
    const carol = connectTo(3, "accepted");
    const giveUp = new AbortController();
    const caughtUp = poller.catchUp(carol.identity.userId, giveUp.signal);
    giveUp.abort(new Error("enough"));
    await expect(caughtUp).rejects.toThrow("enough");
  });
});
