import type { GrpcCode } from "../grpc/status.ts";
import type { MessageLog, StoredMessage } from "../store/message-log.ts";
import { MAX_PAGE_ITEMS } from "../limits.ts";

/** Where the messages of one subscriber go. */
export interface MessageSink {
  /** @returns false when the subscriber should be given time, see {@link whenWritable}. */
  write(message: Uint8Array): boolean;
  /** Resolves when the subscriber has taken what was written, and also when the stream is over. */
  whenWritable(): Promise<void>;
  /** Ends the stream; the client opens another one, from its cursor. */
  finish(code: GrpcCode, message: string): void;
  /** Aborted when the stream is over, whoever ended it. */
  readonly closed: AbortSignal;
}

export interface TopicFilter {
  /** Group id or installation key. */
  readonly topic: Uint8Array;
  /** The subscriber has everything up to this id. */
  readonly cursor: bigint;
}

/**
 * One open stream: for each topic first what is stored behind the cursor, then what is new, ascending, each once.
 *
 * What is stored is read page by page as the subscriber takes it. From then on messages are handed over as they come;
 * those that wait for a subscriber who does not read are counted, and with one too many the stream ends.
 */
export class Subscription {
  readonly #log: MessageLog;
  readonly #sink: MessageSink;
  readonly #maxBacklog: number;
  /** By topic, the id of the newest message written. */
  readonly #marks = new Map<string, bigint>();
  readonly #backlog: StoredMessage[] = [];
  #isReplaying = true;
  #isPaused = false;

  constructor(log: MessageLog, sink: MessageSink, maxBacklog: number) {
    this.#log = log;
    this.#sink = sink;
    this.#maxBacklog = maxBacklog;
  }

  /** Writes what is stored; resolves when the subscriber is up to date, or gone. */
  async replay(filters: readonly TopicFilter[]): Promise<void> {
    for (const { topic, cursor } of filters) this.#lowerMark(topicKey(topic), cursor);
    const topics = new Map(filters.map(({ topic }) => [topicKey(topic), topic]));
    let isBehind = topics.size > 0;
    while (isBehind && !this.#sink.closed.aborted) {
      isBehind = false;
      for (const [key, topic] of topics) {
        // A full page may have another one behind it. Short pages of all topics within one turn mean: up to date.
        if (!this.#writePage(key, topic)) continue;
        isBehind = true;
        await this.#sink.whenWritable();
      }
    }
    this.#isReplaying = false;
  }

  /** Hands over new messages. Those that the stream has had already, and those during the replay, are in the log. */
  deliver(messages: readonly StoredMessage[]): void {
    if (this.#isReplaying || this.#sink.closed.aborted) return;
    const news = messages.filter(({ id, topic }) => id > this.#mark(topicKey(topic)));
    for (const message of news) {
      if (this.#isPaused) this.#backlog.push(message);
      else this.#write(message);
    }
    if (this.#backlog.length > this.#maxBacklog) this.#sink.finish("OK", "");
  }

  #writePage(key: string, topic: Uint8Array): boolean {
    const cursor = this.#marks.get(key) ?? 0n;
    const page = { direction: "ascending", cursor, limit: MAX_PAGE_ITEMS } as const;
    const messages = this.#log.list(topic, page);
    for (const { id, message } of messages) {
      this.#marks.set(key, id);
      this.#sink.write(message);
    }
    return messages.length === MAX_PAGE_ITEMS;
  }

  #write({ id, topic, message }: StoredMessage): void {
    const key = topicKey(topic);
    if (id > this.#mark(key)) this.#marks.set(key, id);
    if (!this.#sink.write(message) && !this.#isPaused) {
      this.#isPaused = true;
      void this.#resume();
    }
  }

  async #resume(): Promise<void> {
    await this.#sink.whenWritable();
    this.#isPaused = false;
    while (!this.#isPaused && !this.#sink.closed.aborted) {
      const next = this.#backlog.shift();
      if (next === undefined) return;
      this.#write(next);
    }
  }

  #lowerMark(key: string, cursor: bigint): void {
    const mark = this.#marks.get(key);
    if (mark === undefined || cursor < mark) this.#marks.set(key, cursor);
  }

  #mark(key: string): bigint {
    return this.#marks.get(key) ?? 0n;
  }
}

/** Bytes as a key of a map. */
export function topicKey(topic: Uint8Array): string {
  return Buffer.from(topic.buffer, topic.byteOffset, topic.length).toString("latin1");
}
