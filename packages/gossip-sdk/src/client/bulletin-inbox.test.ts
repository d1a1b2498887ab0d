import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestContext, type TestContext } from "../../test-support/client-context.ts";
import { native as crypto, person } from "../../test-support/people.ts";
import { createAnnouncement } from "../announcement/announcement.ts";
import { encodeAnnouncementPayload } from "../announcement/announcement-payload.ts";
import { positionAt } from "../bulletin/position.ts";
import type { Identity } from "../identity/identity.ts";
import { createMemoryRelay } from "../transport/memory-relay.ts";
import type { BulletinItem } from "../transport/relay-client.ts";
import { BulletinInbox } from "./bulletin-inbox.ts";
import { encodeCopyNotes } from "./copy-note.ts";
import { decodeEarly, MAX_EARLY } from "./early-announcements.ts";

const MINUTE_MS = 60_000;

let context: TestContext;
let stop: AbortController;
let running: Promise<void>;
let counter: bigint;

beforeEach(async () => {
  stop = new AbortController();
  running = Promise.resolve();
  counter = 0n;
  context = await openTestContext(1, createMemoryRelay({ crypto }).createClient());
});

afterEach(async () => {
  stop.abort();
  await running;
  context[Symbol.dispose]();
});

function openInbox(): BulletinInbox {
  return new BulletinInbox(context, {
    decide: () => Promise.resolve("accepted"),
    onReset: () => {},
    running: () => stop.signal,
  });
}

/** An announcement to us, dated so far ahead of our clock. */
function announcementOf(number: number, aheadMs: number, message = "hello"): BulletinItem {
  const { bytes } = createAnnouncement({
    identity: person(number),
    recipient: context.identity.publicKeys,
    userData: encodeAnnouncementPayload({ username: `Number ${number}`, message }),
    nowMs: context.nowMs + aheadMs,
    crypto,
  });
  counter += 1n;
  return { counter, data: bytes };
}

/** A note to copies of the account, about one person. */
function noteAbout(
  number: number,
  announcedAtMs: number,
  identity: Identity = context.identity,
): BulletinItem {
  const peer = person(number).userId;
  const [userData = new Uint8Array(0)] = encodeCopyNotes([{ peer, announcedAtMs }]);
  const recipient = context.identity.publicKeys;
  const { nowMs } = context;
  const { bytes } = createAnnouncement({ identity, recipient, userData, nowMs, crypto });
  counter += 1n;
  return { counter, data: bytes };
}

/** The next event that is committed. */
function nextStep(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const ignore = context.book.listen(() => {
    ignore();
    resolve();
  });
  return promise;
}

/** The process ends and another starts on the same store. */
function start(): BulletinInbox {
  const inbox = openInbox();
  running = inbox.run(stop.signal);
  return inbox;
}

function keptOnDisk(): number {
  const stored = context.store.meta.get("early_announcements");
  return stored === undefined ? 0 : decodeEarly(stored).length;
}

describe("an announcement from the future", () => {
  it("is taken when its time has come, after a restart too, and once", async () => {
    const inbox = openInbox();
    const item = announcementOf(2, 10 * MINUTE_MS);
    await inbox.onPage([item], positionAt(item));
    expect([context.book.all().length, inbox.position().cursor, keptOnDisk()]).toEqual([0, 1n, 1]);

    context.nowMs += 9 * MINUTE_MS;
    const taken = nextStep();
    const later = start();
    await taken;
    expect(context.book.all()).toMatchObject([{ accepted: true, request: { message: "hello" } }]);
    await later.onPage([item], positionAt(item));
    expect([context.store.incoming.count(), keptOnDisk()]).toEqual([1, 0]);
  });

  it("is taken when the clock is set", async () => {
    const inbox = start();
    const item = announcementOf(2, 10 * MINUTE_MS);
    await inbox.onPage([item], positionAt(item));
    const taken = nextStep();
    context.nowMs += 10 * MINUTE_MS;
    inbox.wake();
    await taken;
    expect(context.book.all()).toMatchObject([{ accepted: true }]);
  });

  it("is taken when it is offered again after the clock was set", async () => {
    const inbox = openInbox();
    const item = announcementOf(2, 10 * MINUTE_MS);
    await inbox.onPage([item], positionAt(item));
    context.nowMs += 10 * MINUTE_MS;
    await inbox.onPage([item], positionAt(item));
    expect(context.book.all()).toMatchObject([{ accepted: true }]);
  });

  it("is never taken when its sender has set the clock and announced itself again", async () => {
    const inbox = openInbox();
    const [fast, right] = [
      announcementOf(2, 10 * MINUTE_MS, "fast"),
      announcementOf(2, 0, "right"),
    ];
    await inbox.onPage([fast, right], positionAt(right));
    const next = announcementOf(3, 10 * MINUTE_MS);
    await inbox.onPage([next], positionAt(next));

    context.nowMs += 10 * MINUTE_MS;
    const taken = nextStep();
    start();
    await taken;
    expect(context.book.get(person(2).userId)?.request?.message).toBe("right");
    await openInbox().onPage([fast], positionAt(next));
    expect(context.book.get(person(2).userId)?.request?.message).toBe("right");
  });

  it("stops nobody and takes bounded room, however many there are", async () => {
    const inbox = openInbox();
    for (let i = 0; i < MAX_EARLY + 8; i += 1) {
      const item = announcementOf(10 + i, (100 + i) * MINUTE_MS);
      await inbox.onPage([item], positionAt(item));
    }
    expect([inbox.position().cursor, keptOnDisk()]).toEqual([BigInt(MAX_EARLY) + 8n, MAX_EARLY]);
    const honest = announcementOf(2, 0);
    await inbox.onPage([honest], positionAt(honest));
    expect(context.book.all()).toMatchObject([{ peer: person(2).userId, accepted: true }]);
  });
});

describe("an announcement of ours to ourselves", () => {
  it("tells of a copy that has one of our people, once, and makes nobody a contact", async () => {
    const inbox = openInbox();
    const item = announcementOf(2, 0);
    await inbox.onPage([item], positionAt(item));
    context.book.step(person(2).userId, { type: "announce" });
    context.book.step(person(2).userId, { type: "announcement_posted" });
    const { nowMs } = context;

    const own = noteAbout(2, nowMs);
    await inbox.onPage([own], positionAt(own));
    expect(context.forks.total).toBe(0);
    const news = noteAbout(2, nowMs + 1);
    const stranger = noteAbout(3, nowMs + 1);
    await inbox.onPage([news, stranger], positionAt(stranger));
    await inbox.onPage([news], positionAt(stranger));
    expect(context.forks.total).toBe(1);
    expect(context.book.all()).toMatchObject([
      { peer: person(2).userId, announcement: { stage: "wanted", forked: true } },
    ]);
  });

  it("is believed of nobody else", async () => {
    const inbox = openInbox();
    const item = announcementOf(2, 0);
    await inbox.onPage([item], positionAt(item));
    const forged = noteAbout(2, context.nowMs + 1, person(3));
    await inbox.onPage([forged], positionAt(forged));
    expect(context.forks.total).toBe(0);
  });
});
