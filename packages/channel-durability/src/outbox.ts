import { randomBytes } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { PlatformMessageNotDispatchedError } from "openclaw/plugin-sdk/error-runtime";
import { ChannelDurabilityError, describeError } from "./errors.ts";
import {
  outboxKey,
  OutboxTable,
  type OutboxEntry,
  type OutboxRow,
  type OutboxRows,
  type UnreadableRow,
} from "./outbox-rows.ts";
import type {
  Outbox,
  OutboxDropReason,
  OutboxOptions,
  OutboxReconciliation,
  OutboxRecord,
  ResendReport,
  WithdrawnMessage,
} from "./outbox-contract.ts";
import { SendFlights, type FlightOutcome } from "./outbox-flights.ts";
import { Handoff, type SendHooks } from "./send-handoff.ts";
import type { DurableStore } from "./store.ts";

const HOUR_MS = 60 * 60 * 1000;
/** A reply that could not leave for this long is dropped, not sent out of the blue. */
const DEFAULT_MAX_UNSENT_AGE_MS = 6 * HOUR_MS;
/** How long the id of a sent message answers replays. The host gives an entry up long before. */
const SENT_RETENTION_MS = 7 * 24 * HOUR_MS;
const MAX_SENT_ROWS = 20_000;
const PRUNE_INTERVAL_MS = HOUR_MS;
/** Conversations served side by side when messages of an earlier run go out again. */
const MAX_PARALLEL_RESENDS = 4;

/**
 * The plugin's own record of replies the host handed over, beside the host's delivery queue.
 *
 * It closes the one gap of the host: a reply that is ready but not sent when the process dies is dropped by the
 * host if its session gets a new message before the old producer's lease ends. Ids are derived from the host's
 * queue key, so a message sent twice because of a crash is one message for the receiver.
 */
export function openOutbox<TBody>(options: OutboxOptions<TBody>): Outbox<TBody> {
  return new SqliteOutbox(options);
}

class SqliteOutbox<TBody> implements Outbox<TBody> {
  readonly #options: OutboxOptions<TBody>;
  readonly #store: DurableStore;
  readonly #table: OutboxTable<TBody>;
  readonly #closing = new AbortController();
  readonly #flights: SendFlights<TBody>;
  readonly #unkeyed = new Set<Promise<unknown>>();
  #prunedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: OutboxOptions<TBody>) {
    this.#options = options;
    this.#store = options.store;
    this.#table = new OutboxTable(options.store, (value) => options.parseBody(value));
    this.#flights = new SendFlights(options, this.#table, this.#closing.signal);
  }

  async send(
    entry: OutboxEntry<TBody>,
    hooks: SendHooks = {},
  ): Promise<{ nativeId: string; isReplay: boolean }> {
    const key = outboxKey(entry.queueId, entry.partIndex);
    for (;;) {
      this.#assertOpen();
      const running = this.#flights.running(key);
      if (running === undefined) {
        break;
      }
      const outcome = await running;
      if (outcome.kind === "sent") {
        return { nativeId: outcome.nativeId, isReplay: true };
      }
      if (!outcome.isOwnersDoing) {
        throw outcome.error;
      }
      // The other caller took its own message back; ours is still wanted.
    }
    this.#pruneIfDue();
    let isReplay = false;
    const outcome = await this.#flights.start(key, hooks, async () => {
      await this.#options.checkpoint?.("before_commit", key);
      const { row, inserted } = this.#commit(entry);
      isReplay = row.nativeId !== undefined;
      return { row, isFresh: inserted };
    });
    if (outcome.kind === "failed") {
      throw outcome.error;
    }
    return { nativeId: outcome.nativeId, isReplay };
  }

  async sendBestEffort(body: TBody, hooks: SendHooks = {}): Promise<{ nativeId: string }> {
    this.#assertOpen();
    const sending = (async () => {
      const handoff = new Handoff(hooks, () => true);
      await handoff.announce();
      const { nativeId } = await this.#options.transport.send(body, {
        key: undefined,
        messageId: (length) => new Uint8Array(randomBytes(length)),
        signal: this.#flights.joinSignals(hooks.signal),
        assertHandoff: () => handoff.assert(),
        isResend: false,
      });
      return { nativeId };
    })();
    this.#unkeyed.add(sending);
    try {
      return await sending;
    } finally {
      this.#unkeyed.delete(sending);
    }
  }

  async resendUnsent({ signal }: { signal: AbortSignal }): Promise<ResendReport> {
    this.#assertOpen();
    this.#pruneIfDue();
    const { rows, unreadable } = this.#table.unsent();
    this.#dropUnreadable(unreadable);
    const byTarget = Map.groupBy(rows, (row) => row.target);
    const report = { sent: 0, failed: 0, dropped: unreadable.length };
    const conversations = byTarget.values();
    const worker = async (): Promise<void> => {
      for (const conversation of conversations) {
        await this.#resendConversation(conversation, signal, report);
      }
    };
    await Promise.all(Array.from({ length: MAX_PARALLEL_RESENDS }, worker));
    return report;
  }

  async reconcile(
    queueId: string,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<OutboxReconciliation> {
    this.#assertOpen();
    const { rows, unreadable } = this.#table.ofQueue(queueId);
    const [first] = rows;
    if (first === undefined || unreadable.length > 0) {
      // Nothing of it left by our hand, or what we know is damaged. A replay is safe in both cases: it uses the
      // same message ids.
      return { status: "not_sent" };
    }
    const nativeIds: string[] = [];
    for (const row of rows) {
      // Parts keep their order, and a later part makes no sense without the earlier one.
      const outcome = await this.#settleRow(row.key, signal);
      if (outcome === "dropped") {
        return { status: "unresolved", error: "the message was given up", retryable: false };
      }
      if (outcome.kind === "failed") {
        return { status: "unresolved", error: describeError(outcome.error), retryable: true };
      }
      nativeIds.push(outcome.nativeId);
    }
    // Some parts never came as far as the outbox: the host has to hand over all of it again, and the parts that
    // left are answered from their rows.
    return rows.length < (first.partCount ?? 1)
      ? { status: "not_sent" }
      : { status: "sent", nativeIds, target: first.target };
  }

  forget(queueId: string): number {
    this.#assertOpen();
    return this.#table.deleteSent(queueId);
  }

  find(queueId: string): OutboxRecord[] {
    this.#assertOpen();
    return this.#table
      .ofQueue(queueId)
      .rows.map(({ createdAtMs, nativeId, partIndex }) => ({ partIndex, createdAtMs, nativeId }));
  }

  withdraw(
    { messageId, nativeId, target }: WithdrawnMessage,
    takeBack: (facts: { isInFlight: boolean }) => boolean,
  ): boolean {
    this.#assertOpen();
    const { sealer } = this.#store;
    const row = this.#table
      .unsentOfTarget(target)
      .rows.find(({ key }) =>
        Buffer.from(messageId).equals(sealer.messageId(key, messageId.length)),
      );
    if (row === undefined) return false;
    if (!takeBack({ isInFlight: this.#flights.running(row.key) !== undefined })) return false;
    this.#table.storeNativeId(row.key, nativeId);
    return true;
  }

  dropTarget(target: string, isDropped: (body: TBody) => boolean = () => true): number {
    this.#assertOpen();
    const { rows, unreadable } = this.#table.unsentOfTarget(target);
    const dropped = rows.filter(({ body }) => body === undefined || isDropped(body));
    return this.#dropRows({ rows: dropped, unreadable }, "target_removed");
  }

  async dropRefused(): Promise<number> {
    this.#assertOpen();
    let dropped = 0;
    const failures: unknown[] = [];
    for (const row of this.#table.unsent().rows) {
      try {
        const verdict = await this.#judge(row);
        // It may have left while that was decided, or somebody else gave it up.
        if (verdict === "send" || !this.#table.isUnsent(row.key)) continue;
        this.#drop(row, verdict);
        dropped += 1;
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return dropped;
  }

  dropAll(): number {
    this.#assertOpen();
    return this.#dropRows(this.#table.unsent(), "account_removed");
  }

  async close(): Promise<void> {
    this.#closing.abort(new ChannelDurabilityError("closed", "outbox: closed"));
    await Promise.allSettled([this.#flights.settled(), ...this.#unkeyed]);
  }

  async #resendConversation(
    rows: readonly OutboxRow<TBody>[],
    signal: AbortSignal,
    report: { sent: number; failed: number; dropped: number },
  ): Promise<void> {
    for (const [index, row] of rows.entries()) {
      // A transport that only writes to disk would otherwise hold the event loop for the whole backlog.
      await nextTurn();
      const outcome = await this.#settleRow(row.key, signal);
      if (outcome === "dropped") {
        report.dropped += 1;
      } else if (outcome.kind === "sent") {
        report.sent += 1;
      } else {
        // Later messages of the conversation wait for this one, so that they do not overtake it.
        report.failed += rows.length - index;
        if (!signal.aborted) {
          this.#options.onError?.(outcome.error);
        }
        return;
      }
    }
  }

  /** Brings one row to an end: its id if it left, a send if it may still go, or giving it up. */
  async #settleRow(
    key: string,
    signal: AbortSignal | undefined,
  ): Promise<FlightOutcome | "dropped"> {
    const row = this.#table.find(key);
    const verdict = row === undefined ? "dropped" : await this.#judge(row);
    // While that was decided, the host may have started to send it, or somebody may have dropped it.
    const running = this.#flights.running(key);
    if (running !== undefined) {
      return running;
    }
    const current = this.#table.find(key);
    if (current === undefined || verdict === "dropped") {
      return "dropped";
    }
    if (verdict !== "send" && current.nativeId === undefined) {
      this.#drop(current, verdict);
      return "dropped";
    }
    const hooks = signal === undefined ? {} : { signal };
    return this.#flights.start(key, hooks, async () => ({ row: current, isFresh: false }));
  }

  /** What is to become of a row whose message may not have left. */
  async #judge({
    body,
    createdAtMs,
    nativeId,
    target,
  }: OutboxRow<TBody>): Promise<"send" | "expired" | "refused"> {
    if (nativeId !== undefined) {
      return "send";
    }
    const maxAgeMs = this.#options.maxUnsentAgeMs ?? DEFAULT_MAX_UNSENT_AGE_MS;
    if (body === undefined || this.#store.now() - createdAtMs > maxAgeMs) {
      return "expired";
    }
    return ((await this.#options.mayResend?.({ target, body })) ?? true) ? "send" : "refused";
  }

  #commit(entry: OutboxEntry<TBody>): { row: OutboxRow<TBody>; inserted: boolean } {
    try {
      return this.#table.insertOrGet(entry);
    } catch (cause) {
      throw new PlatformMessageNotDispatchedError("outbox: the message could not be stored", {
        cause,
      });
    }
  }

  #dropRows({ rows, unreadable }: OutboxRows<TBody>, reason: OutboxDropReason): number {
    for (const row of rows) {
      this.#drop(row, reason);
    }
    this.#dropUnreadable(unreadable);
    return rows.length + unreadable.length;
  }

  #drop({ createdAtMs, key, target }: OutboxRow<TBody>, reason: OutboxDropReason): void {
    this.#table.deleteKey(key);
    const messageId = (length: number): Uint8Array => this.#store.sealer.messageId(key, length);
    this.#options.onDropped?.({ key, createdAtMs, reason, message: { target, messageId } });
  }

  #dropUnreadable(rows: readonly UnreadableRow[]): void {
    for (const { keyTag, createdAtMs } of rows) {
      this.#table.deleteTag(keyTag);
      this.#options.onDropped?.({ key: `unreadable:${keyTag}`, createdAtMs, reason: "unreadable" });
    }
  }

  #pruneIfDue(): void {
    const now = this.#store.now();
    if (now - this.#prunedAtMs >= PRUNE_INTERVAL_MS) {
      this.#prunedAtMs = now;
      try {
        this.#table.pruneSent(SENT_RETENTION_MS, MAX_SENT_ROWS);
      } catch (error) {
        // Old rows cost space; no message waits for them.
        this.#options.onError?.(error);
      }
    }
  }

  #assertOpen(): void {
    this.#closing.signal.throwIfAborted();
  }
}
