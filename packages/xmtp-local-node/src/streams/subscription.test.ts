import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../store/database.ts";
import { MessageLog, type StoredMessage } from "../store/message-log.ts";
import { type MessageSink, Subscription } from "./subscription.ts";

const group = Buffer.from("group");
const other = Buffer.from("other");

function openLog(): {
  log: MessageLog;
  append: (topic: Uint8Array, text: string) => StoredMessage;
} {
  const database: DatabaseSync = openDatabase(":memory:");
  const log = new MessageLog(database, "group_messages", () => 1n);
  let count = 0;
  return {
    log,
    append(topic, text) {
      count += 1;
      const content = Buffer.from(`${count}`);
      const stored = log.append({ topic, content, encode: () => Buffer.from(text) });
      if (stored === undefined) throw new Error("a duplicate");
      return stored;
    },
  };
}

/** A subscriber who takes `room` messages, and more when told so. */
class ScriptedSink implements MessageSink {
  readonly texts: string[] = [];
  readonly statuses: string[] = [];
  readonly #closing = new AbortController();
  #room: number;
  #waiting: (() => void)[] = [];

  constructor(room = Number.POSITIVE_INFINITY) {
    this.#room = room;
  }

  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  write(message: Uint8Array): boolean {
    this.texts.push(Buffer.from(message).toString());
    this.#room -= 1;
    return this.#room > 0;
  }

  whenWritable(): Promise<void> {
    if (this.#room > 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    return promise;
  }

  async take(room: number): Promise<void> {
    this.#room = room;
    for (const resolve of this.#waiting.splice(0)) resolve();
    await Promise.resolve();
  }

  finish(code: string): void {
    this.statuses.push(code);
    this.#closing.abort();
  }
}

describe("a subscription", () => {
  it("goes from the stored messages to the new ones without a gap or a repetition", async () => {
    const { log, append } = openLog();
    for (let n = 1; n <= 250; n++) append(group, `old ${n}`);
    const sink = new ScriptedSink(1);
    const subscription = new Subscription(log, sink, 10);
    const replaying = subscription.replay([{ topic: group, cursor: 0n }]);
    // Those that come during the replay are found in the log.
    for (let n = 1; n <= 20; n++) subscription.deliver([append(group, `new ${n}`)]);
    await sink.take(1_000);
    await sink.take(1_000);
    await replaying;
    subscription.deliver([append(group, "last")]);
    const expected = [
      ...Array.from({ length: 250 }, (_, n) => `old ${n + 1}`),
      ...Array.from({ length: 20 }, (_, n) => `new ${n + 1}`),
      "last",
    ];
    expect(sink.texts).toEqual(expected);
  });

  it("starts each topic at its own cursor, the lower one when it is named twice", async () => {
    const { log, append } = openLog();
    append(group, "a");
    append(other, "b");
    append(group, "c");
    const sink = new ScriptedSink();
    await new Subscription(log, sink, 10).replay([
      { topic: group, cursor: 3n },
      { topic: group, cursor: 1n },
      { topic: other, cursor: 0n },
    ]);
    expect(sink.texts.toSorted((a, b) => a.localeCompare(b))).toEqual(["b", "c"]);
  });

  it("never hands a message over again that the stream has had", async () => {
    const { log, append } = openLog();
    const stored = append(group, "once");
    const sink = new ScriptedSink();
    const subscription = new Subscription(log, sink, 10);
    await subscription.replay([{ topic: group, cursor: 0n }]);
    subscription.deliver([stored]);
    expect(sink.texts).toEqual(["once"]);
  });

  it("waits for a slow subscriber, and goes on in order", async () => {
    const { log, append } = openLog();
    const sink = new ScriptedSink(1);
    const subscription = new Subscription(log, sink, 10);
    await subscription.replay([]);
    for (const text of ["a", "b", "c"]) subscription.deliver([append(group, text)]);
    expect(sink.texts).toEqual(["a"]);
    await sink.take(5);
    expect(sink.texts).toEqual(["a", "b", "c"]);
    expect(sink.statuses).toEqual([]);
  });

  it("ends when too many messages wait", async () => {
    const { log, append } = openLog();
    const sink = new ScriptedSink(1);
    const subscription = new Subscription(log, sink, 10);
    await subscription.replay([]);
    for (let n = 0; n <= 10; n++) subscription.deliver([append(group, `${n}`)]);
    expect(sink.statuses).toEqual([]);
    subscription.deliver([append(group, "one too many")]);
    expect(sink.statuses).toEqual(["OK"]);
    expect(sink.texts).toEqual(["0"]);
  });
});
