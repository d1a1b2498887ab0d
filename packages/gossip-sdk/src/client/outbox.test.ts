import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestContext, type TestContext } from "../../test-support/client-context.ts";
import { mustOpen, native as crypto, person } from "../../test-support/people.ts";
import { createAnnouncement } from "../announcement/announcement.ts";
import { toHex, utf8Bytes } from "../codec/bytes.ts";
import { createConversation } from "../conversation/conversation.ts";
import { GossipError } from "../errors.ts";
import { encodeMessageContent } from "../message/content.ts";
import { onAbort } from "../pacing/on-abort.ts";
import { createMemoryRelay } from "../transport/memory-relay.ts";
import type { RelayCallOptions, RelayClient } from "../transport/relay-client.ts";
import { Outbox } from "./outbox.ts";

/** As many posts as the outbox may have under way. */
const LANES = 4;
const HOUR_MS = 60 * 60_000;

/** A post that waits for its answer. */
interface Post {
  readonly seeker: string;
  readonly data: string;
  readonly answer: PromiseWithResolvers<void>;
}

let context: TestContext;
let outbox: Outbox;
let stop: AbortController;
let running: Promise<void>;
let posts: Post[];
let look: () => void;

beforeEach(async () => {
  posts = [];
  look = () => {};
  const client: RelayClient = Object.create(createMemoryRelay({ crypto }).createClient());
  const relay = Object.assign(client, {
    postValue: (seeker: Uint8Array, data: Uint8Array, { signal }: RelayCallOptions = {}) => {
      const answer = Promise.withResolvers<void>();
      if (signal !== undefined) onAbort([signal], answer.reject);
      posts.push({ seeker: toHex(seeker), data: toHex(data), answer });
      look();
      return answer.promise;
    },
  });
  context = await openTestContext(1, relay);
  const polling = { ...context.polling, retryMs: 1 };
  outbox = new Outbox({ ...context, polling });
  context.book.listen(() => outbox.ring());
  stop = new AbortController();
  running = outbox.run(stop.signal);
});

afterEach(async () => {
  stop.abort();
  await running;
  context[Symbol.dispose]();
});

/** Resolves with the posts when there have been so many. */
function postsUpTo(count: number): Promise<readonly Post[]> {
  const { promise, resolve } = Promise.withResolvers<readonly Post[]>();
  look = () => {
    if (posts.length >= count) resolve(posts);
  };
  look();
  return promise;
}

/** Makes somebody a contact in session and queues texts to them. */
function writeTo(number: number, ...texts: string[]): void {
  const { book, nowMs } = context;
  const { userId, publicKeys } = person(number);
  if (book.get(userId) === undefined) {
    const { bytes } = createAnnouncement({
      identity: person(number),
      recipient: context.identity.publicKeys,
      userData: new Uint8Array(0),
      nowMs,
      crypto,
    });
    const opened = mustOpen(context.identity, bytes);
    const create = createConversation(publicKeys, nowMs);
    book.step(userId, { type: "announcement", opened, accept: "trusted" }, { create });
    book.step(userId, { type: "announce" });
    book.step(userId, { type: "announcement_posted" });
  }
  for (const text of texts) {
    const messageId = new Uint8Array(12);
    messageId.set([number, ...utf8Bytes(text).subarray(0, 11)]);
    const contents = encodeMessageContent({ type: "text", messageId, text });
    book.step(userId, { type: "send", item: { messageId, contents } });
  }
}

describe("the outbox", () => {
  it("posts to a few peers at a time, and to each in order", async () => {
    for (let number = 2; number < 2 + LANES + 2; number += 1) writeTo(number, "a", "b");
    const first = [...(await postsUpTo(LANES))];
    await nextTurn();
    expect(posts).toHaveLength(LANES);
    first[0]?.answer.resolve();
    await postsUpTo(LANES + 1);
    await nextTurn();
    expect(posts).toHaveLength(LANES + 1);
    // The lane that is free goes on with the same peer.
    const [peer] = context.book.all();
    expect(peer?.queue.map(({ posted }) => posted)).toEqual([true, false]);
    expect(posts.at(-1)?.seeker).toBe(toHex(peer?.queue[1]?.value?.seeker ?? new Uint8Array()));
  });

  it("goes on with the others while one post hangs, and repeats the same bytes when it fails", async () => {
    writeTo(2, "a", "b");
    const [hanging] = await postsUpTo(1);
    for (let i = 0; i < 10; i += 1) {
      writeTo(3, `text ${i}`);
      (await postsUpTo(2 + i)).at(-1)?.answer.resolve();
    }
    expect(posts.filter(({ seeker }) => seeker === hanging?.seeker)).toHaveLength(1);
    hanging?.answer.reject(new GossipError("relay_unreachable", "test: no answer"));
    await nextTurn();
    context.nowMs += 1_000;
    const again = (await postsUpTo(12)).at(-1);
    expect([again?.seeker, again?.data]).toEqual([hanging?.seeker, hanging?.data]);
  });

  it("posts nothing to anybody before the time that the relay asked for", async () => {
    writeTo(2, "a");
    const [refused] = await postsUpTo(1);
    const busy = { status: 429, retryAfterMs: HOUR_MS };
    refused?.answer.reject(new GossipError("relay_rejected", "test: busy", busy));
    await nextTurn();
    writeTo(3, "b");
    await nextTurn();
    await nextTurn();
    expect(posts).toHaveLength(1);
    context.nowMs += HOUR_MS;
    outbox.ring();
    expect(new Set((await postsUpTo(3)).map(({ seeker }) => seeker)).size).toBe(2);
  });
});
