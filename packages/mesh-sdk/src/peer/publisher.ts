import { randomBytes } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { MeshKey } from "../identity/mesh-key.ts";
import { checkMessage } from "../message/check-message.ts";
import type { CheckedMessage, MeshMessage } from "../message/message.ts";
import { signMessage } from "../message/sign-message.ts";
import type { OwnStore } from "../own/own-store.ts";
import type { MeshStore } from "../store/port.ts";
import type { OutgoingContent, SentMessage } from "./types.ts";

const NONCE_BYTES = 16;
/** Signed in one step at most; a signature takes a tenth of a millisecond. */
const MAX_BATCH = 128;
/** How far our timestamps may run ahead of our clock, so that no two are the same. */
const MAX_TIMESTAMP_LEAD_MS = 1_000;
/** For so long what the store refuses is offered to it again. */
const MAX_OFFERED_MS = 31 * 86_400_000;

export interface PublisherDeps {
  readonly key: MeshKey;
  readonly own: OwnStore;
  readonly clock: Clock;
  /** Puts a message into the store, then hands it to the engine. Resolves when it is on disk. */
  readonly send: (message: CheckedMessage) => Promise<void>;
}

/** What to sign. */
interface Order {
  readonly channelId: string;
  readonly content: OutgoingContent;
  readonly sendKey: string;
  readonly resolve: (sent: SentMessage) => void;
  readonly reject: (error: unknown) => void;
}

interface Signed {
  readonly order: Order;
  readonly receipt: SentMessage;
  /** To be stored; undefined when it is there already. */
  readonly message: CheckedMessage | undefined;
  readonly rowId: number | undefined;
}

/**
 * Signs what we say in channels, one message for each key, numbered for each channel. A message is noted in our own store
 * before it goes to the other one: after a crash between the two it is found and put there. Many at once share one write.
 */
export class Publisher {
  readonly #deps: PublisherDeps;
  #orders: Order[] = [];
  #confirmed: number[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  #lastTimestampMs = 0;

  constructor(deps: PublisherDeps) {
    this.#deps = deps;
  }

  /** See {@link MeshPeer.publish}. */
  async publish(
    channelId: string,
    content: OutgoingContent,
    sendKey: string,
  ): Promise<SentMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<SentMessage>();
    this.#orders.push({ channelId, content, sendKey, resolve, reject });
    this.#scheduled ??= setImmediate(() => this.flush());
    return promise;
  }

  /** As the clock says, and no two the same: the reference pages by timestamps and would skip the second. */
  nextTimestampMs(): number {
    const nowMs = this.#deps.clock.now();
    const isAhead = this.#lastTimestampMs >= nowMs + MAX_TIMESTAMP_LEAD_MS;
    this.#lastTimestampMs = Math.max(nowMs, this.#lastTimestampMs + (isAhead ? 0 : 1));
    return this.#lastTimestampMs;
  }

  /** Notes what has reached the store, and forgets keys of messages that were sent before a moment. */
  prune(beforeMs: number): void {
    const { own } = this.#deps;
    own.transaction(() => {
      own.sent.confirm(this.#confirmed.splice(0));
      own.sent.prune(beforeMs);
    });
  }

  /** Signs now what was ordered. Does not throw: who waits is told. */
  flush(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const orders = this.#orders.splice(0, MAX_BATCH);
    if (this.#orders.length > 0) this.#scheduled = setImmediate(() => this.flush());
    const { own } = this.#deps;
    let signed: readonly Signed[];
    try {
      signed = own.transaction(() => {
        own.sent.confirm(this.#confirmed);
        return orders.flatMap((order) => this.#trySign(order) ?? []);
      });
      this.#confirmed = [];
    } catch (error) {
      for (const { reject } of orders) reject(error);
      return;
    }
    for (const one of signed) void this.#finish(one);
  }

  /** Undefined for what cannot be signed; who ordered it is told. */
  #trySign(order: Order): Signed | undefined {
    const { clock, own } = this.#deps;
    const { channelId, sendKey } = order;
    const known = own.sent.find(sendKey);
    if (known !== undefined) {
      const { id, message, receipt } = known;
      if (message === undefined) return { order, receipt, message, rowId: undefined };
      return { order, receipt, message: trustOwn(message, clock), rowId: id };
    }
    const chain = own.sent.chain(channelId);
    const seq = (chain?.seq ?? 0) + 1;
    let message: CheckedMessage;
    try {
      message = this.#sign(order, seq, chain?.prev);
    } catch (error) {
      order.reject(error);
      return undefined;
    }
    const { messageId } = message.message;
    own.sent.setChain(channelId, { seq, prev: messageId });
    const rowId = own.sent.insert(sendKey, message.message, clock.now());
    return { order, receipt: { channelId, messageId }, message, rowId };
  }

  #sign({ channelId, content }: Order, seq: number, prev: string | undefined): CheckedMessage {
    return signMessage(this.#deps.key, {
      channelId,
      body: content.body,
      payload: content.payload,
      replyTo: content.replyTo,
      timestampMs: this.nextTimestampMs(),
      nonce: randomBytes(NONCE_BYTES),
      seq,
      prev,
    });
  }

  async #finish({ message, order, receipt, rowId }: Signed): Promise<void> {
    try {
      if (message !== undefined) await this.#deps.send(message);
      if (rowId !== undefined) this.#confirmed.push(rowId);
      order.resolve(receipt);
    } catch (error) {
      order.reject(error);
    }
  }
}

/**
 * Puts what was signed before a crash, and perhaps never reached the store, there now: others would see a gap. What the store
 * refuses is not forgotten for a month: it is sent when its key is asked for again, or offered to the store at the next start.
 */
export function restoreUnconfirmed(own: OwnStore, store: MeshStore, clock: Clock): void {
  const rows = own.sent.unconfirmed();
  if (rows.length === 0) return;
  const receivedAtMs = clock.now();
  const results = store.add(
    rows.map(({ message }) => ({ ...trustOwn(message, clock), receivedAtMs, forUs: false })),
  );
  const done = rows.filter(
    ({ message }, index) =>
      results[index]?.outcome !== "refused" || message.timestampMs < receivedAtMs - MAX_OFFERED_MS,
  );
  own.transaction(() => own.sent.confirm(done.map(({ id }) => id)));
}

/** A message of ours, from our own disk. */
export function trustOwn(message: MeshMessage, clock: Clock): CheckedMessage {
  return checkMessage(message, { nowMs: Math.max(clock.now(), message.timestampMs), by: "sync" });
}
