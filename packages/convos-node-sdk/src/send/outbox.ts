import { Alarm } from "sdk-kit";
import type { ClientContext } from "../client/client-context.ts";
import type { MessageStatus } from "../client/types.ts";
import type { EncodedContentParts } from "../content/content-parts.ts";
import { ConvosError } from "../errors.ts";
import type { OutgoingRow } from "../store/outgoing-table.ts";
import type { XmtpConversation } from "../xmtp/port.ts";
import { decodeItem, encodeItem } from "./outgoing-item.ts";

/** Messages of one conversation that may wait. More than this cannot be news to anybody. */
const MAX_QUEUED = 10_000;
/** A message that XMTP refuses this often for a reason we do not know is given up: the next ones wait behind it. */
const MAX_UNEXPLAINED_FAILURES = 5;
const FOREVER_MS = 2 ** 31 - 1;

/**
 * Sends the messages of one conversation: in order, and each once.
 *
 * A message is first stored with us, then prepared in XMTP's database, then its id is stored with us, then it is
 * published. Whenever the process ends, the next one goes on from there: what is prepared and not noted is never sent, and
 * publishing twice sends once.
 */
export class Outbox {
  readonly #context: ClientContext;
  readonly #conversation: number;
  readonly #onPublished: () => void;
  readonly #alarm = new Alarm();
  readonly #waiting = new Set<() => void>();
  #isConnected = false;
  #failures = 0;

  /** @param onPublished - Called whenever something has reached the network. */
  constructor(context: ClientContext, conversation: number, onPublished: () => void) {
    this.#context = context;
    this.#conversation = conversation;
    this.#onPublished = onPublished;
  }

  /**
   * Resolves when the message is on disk. The same key again is the same message, whatever the content.
   *
   * @throws ConvosError `queue_full` | `state_unwritable`.
   */
  add(content: EncodedContentParts, key: string): void {
    const { store, clock, notify } = this.#context;
    const conversation = this.#conversation;
    if (store.outgoing.find(conversation, key) !== undefined) return;
    if (store.outgoing.countQueued(conversation) >= MAX_QUEUED) {
      throw new ConvosError("queue_full", "send: too many messages wait in this conversation");
    }
    const item = encodeItem({ ...content, key });
    store.transaction(() => store.outgoing.insert({ conversation, key, item, nowMs: clock.now() }));
    this.#alarm.ring();
    notify();
  }

  /** Takes back what was not handed to XMTP yet. @returns Whether it was. */
  withdraw(key: string): boolean {
    const { store, clock } = this.#context;
    const found = store.outgoing.find(this.#conversation, key);
    if (found?.status !== "queued" || found.messageId !== undefined) return false;
    store.transaction(() => store.outgoing.settle(found.id, "withdrawn", clock.now()));
    this.#tellWaiting();
    return true;
  }

  status(key: string): { status: MessageStatus; messageId: string | undefined } | undefined {
    return this.#context.store.outgoing.find(this.#conversation, key);
  }

  /** Whether a message of ours has this id; known for a month after it went out. */
  isOurs(messageId: string): boolean {
    return this.#context.store.outgoing.hasMessage(this.#conversation, messageId);
  }

  /**
   * Waits until a message is with the network.
   *
   * @throws ConvosError `unknown_message` (no such key) | `not_allowed` (it failed, or was withdrawn); the signal's reason.
   */
  async whenSent(key: string, signal: AbortSignal): Promise<{ messageId: string }> {
    for (;;) {
      signal.throwIfAborted();
      const found = this.status(key);
      if (found === undefined) throw new ConvosError("unknown_message", "send: no such message");
      if (found.status === "sent") return { messageId: found.messageId ?? "" };
      if (found.status !== "queued") {
        throw new ConvosError("not_allowed", `send: the message is ${found.status}`);
      }
      await this.#nextChange(signal);
    }
  }

  /** Goes on, or holds: while there is no connection a try would only block the next one. */
  setConnected(isConnected: boolean): void {
    this.#isConnected = isConnected;
    if (isConnected) this.#alarm.ring();
  }

  /** What is queued will not be sent, or only what was queued up to a moment. Those who wait are told. */
  abandon({ queuedBeforeMs = Infinity }: { readonly queuedBeforeMs?: number } = {}): void {
    const { store, clock } = this.#context;
    store.transaction(() => {
      for (;;) {
        const row = store.outgoing.next(this.#conversation);
        if (row === undefined || row.queuedAtMs > queuedBeforeMs) return;
        store.outgoing.settle(row.id, "failed", clock.now());
      }
    });
    this.#tellWaiting();
  }

  /** Sends until the signal aborts. @param open - Gives the conversation to send to. */
  async run(open: () => Promise<XmtpConversation>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const row = this.#isConnected
        ? this.#context.store.outgoing.next(this.#conversation)
        : undefined;
      if (row === undefined) {
        await this.#alarm.sleep(FOREVER_MS, signal);
        continue;
      }
      const pauseMs = await this.#trySend(row, open);
      if (pauseMs > 0) await this.#alarm.sleep(pauseMs, signal);
    }
  }

  /** @returns How long to wait before the next try. */
  async #trySend(row: OutgoingRow, open: () => Promise<XmtpConversation>): Promise<number> {
    const { store, clock, notify } = this.#context;
    try {
      const conversation = await open();
      const messageId = row.messageId ?? this.#prepare(row, conversation);
      await conversation.publish(messageId);
      store.transaction(() => store.outgoing.settle(row.id, "sent", clock.now()));
      this.#failures = 0;
    } catch (error) {
      return this.#onFailure(row, error);
    }
    this.#tellWaiting();
    this.#onPublished();
    notify();
    return 0;
  }

  #prepare(row: OutgoingRow, conversation: XmtpConversation): string {
    const { store } = this.#context;
    const { key, ...content } = decodeItem(row.item);
    const messageId = conversation.prepare(content, key);
    store.transaction(() => store.outgoing.setMessageId(row.id, messageId));
    return messageId;
  }

  #onFailure(row: OutgoingRow, error: unknown): number {
    const { store, clock, log, timing, random, notify } = this.#context;
    if (!(error instanceof ConvosError)) throw error;
    if (error.code === "unknown_message" && row.messageId !== undefined) {
      // XMTP's database is older than ours. Nobody has this message: a published one is in it.
      store.transaction(() => store.outgoing.clearMessageId(row.id));
      return 0;
    }
    // Only what XMTP refuses is about the message. The network and our own disk come back.
    this.#failures += error.code === "xmtp_failed" ? 1 : 0;
    if (error.code === "not_allowed" || this.#failures >= MAX_UNEXPLAINED_FAILURES) {
      log.warn(`a message could not be sent: ${error.code}`);
      store.transaction(() => store.outgoing.settle(row.id, "failed", clock.now()));
      this.#failures = 0;
      this.#tellWaiting();
      notify();
      return 0;
    }
    return timing.retryMinMs * (1 + random());
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (): void => {
      this.#waiting.delete(done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    this.#waiting.add(done);
    signal.addEventListener("abort", done, { once: true });
    return promise;
  }

  #tellWaiting(): void {
    for (const resolve of this.#waiting) resolve();
  }
}
