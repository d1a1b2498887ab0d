import type { GrpcCode } from "../grpc/status.ts";
import type { MessageLog, StoredMessage } from "../store/message-log.ts";
import { type MessageSink, Subscription, type TopicFilter, topicKey } from "./subscription.ts";

/** Brings the messages of one log to those who subscribed to their topics. */
export class MessageHub {
  readonly #log: MessageLog;
  readonly #maxBacklog: number;
  readonly #byTopic = new Map<string, Set<Subscription>>();
  readonly #sinks = new Set<MessageSink>();

  constructor(log: MessageLog, maxBacklog: number) {
    this.#log = log;
    this.#maxBacklog = maxBacklog;
  }

  /** Streams open now. */
  get size(): number {
    return this.#sinks.size;
  }

  /** Serves a new stream until it is over. Without filters it stays open and silent. */
  async subscribe(filters: readonly TopicFilter[], sink: MessageSink): Promise<void> {
    if (sink.closed.aborted) return;
    const subscription = new Subscription(this.#log, sink, this.#maxBacklog);
    const keys = filters.map(({ topic }) => topicKey(topic));
    this.#sinks.add(sink);
    for (const key of keys) this.#join(key, subscription);
    const leave = (): void => {
      this.#sinks.delete(sink);
      for (const key of keys) this.#leave(key, subscription);
    };
    sink.closed.addEventListener("abort", leave, { once: true });
    await subscription.replay(filters);
  }

  /** Brings committed messages to the streams, those of one topic in the order given. */
  publish(messages: readonly StoredMessage[]): void {
    const byTopic = Map.groupBy(messages, ({ topic }) => topicKey(topic));
    for (const [key, news] of byTopic) {
      for (const subscription of this.#byTopic.get(key) ?? []) subscription.deliver(news);
    }
  }

  /** Ends every open stream with a status. @returns how many there were. */
  drop(code: GrpcCode): number {
    const sinks = [...this.#sinks];
    for (const sink of sinks) sink.finish(code, "fault switch");
    return sinks.length;
  }

  #join(key: string, subscription: Subscription): void {
    const subscriptions = this.#byTopic.get(key);
    if (subscriptions === undefined) this.#byTopic.set(key, new Set([subscription]));
    else subscriptions.add(subscription);
  }

  #leave(key: string, subscription: Subscription): void {
    const subscriptions = this.#byTopic.get(key);
    subscriptions?.delete(subscription);
    if (subscriptions?.size === 0) this.#byTopic.delete(key);
  }
}
