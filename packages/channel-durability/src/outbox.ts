import { randomBytes } from "node:crypto";
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

/** Why a row was given up without being sent. */
export type OutboxDropReason =
  | "expired"
  | "refused"
  | "target_removed"
  | "account_removed"
  | "unreadable";

/** Points of a send between which a process can die; the crash tests stop there. */
export type OutboxStep = "before_commit" | "committed" | "announced" | "sent" | "stored";

export interface OutboxSendContext {
  /** `queueId/partIndex`; `undefined` for a message without a row. */
  readonly key: string | undefined;
  /** 1 to 32 bytes for the transport's message id: always the same for one key, random without one. */
  messageId(length: number): Uint8Array;
  readonly signal: AbortSignal;
  /**
   * Must be called synchronously, immediately before the first step that cannot be taken back. Throws when the
   * message was withdrawn; let that error pass.
   */
  assertHandoff(): void;
  /** True when this repeats a send of which nobody knows whether it arrived. */
  readonly isResend: boolean;
}

export interface OutboxTransport<TBody> {
  /**
   * Sends one message.
   *
   * @returns The id the other side knows it by.
   * @throws The host's `PlatformMessageNotDispatchedError` when certainly nothing left the machine. Any other
   *   error means "perhaps sent".
   */
  send(body: TBody, context: OutboxSendContext): Promise<{ readonly nativeId: string }>;
}

export interface OutboxOptions<TBody> {
  readonly store: DurableStore;
  readonly transport: OutboxTransport<TBody>;
  /** Checks a body read back; throws on anything this version did not write. */
  parseBody(value: unknown): TBody;
  /** Default 6 hours. */
  readonly maxUnsentAgeMs?: number;
  /** Asked before a message of an earlier run goes out again: is this person still allowed? Default yes. */
  mayResend?(row: { readonly target: string; readonly body: TBody }): boolean | Promise<boolean>;
  /** Told of every row given up without being sent. `key` is the host's queue id and part. */
  onDropped?(row: {
    readonly key: string;
    readonly createdAtMs: number;
    readonly reason: OutboxDropReason;
  }): void;
  /** Failures that no caller sees: a resend, or noting the id of a message that left. */
  onError?(error: unknown): void;
  /** For crash tests: called at each step of a send, which goes on when it settles. */
  checkpoint?(step: OutboxStep, key: string): void | Promise<void>;
}

/** Answer to the host's question what became of a send it lost track of. */
export type OutboxReconciliation =
  | { readonly status: "sent"; readonly nativeIds: readonly string[]; readonly target: string }
  | { readonly status: "not_sent" }
  | { readonly status: "unresolved"; readonly error: string; readonly retryable: boolean };

export interface Outbox<TBody> {
  /**
   * Commits the entry, then sends it once. The same key again, at the same time or later, answers with the id of
   * the one message.
   *
   * @throws The host's `PlatformMessageNotDispatchedError` when certainly nothing left; what the host's hooks or
   *   the transport threw otherwise. The row stays for the next try, except when the host withdrew the message
   *   before the transport's point of no return.
   */
  send(
    entry: OutboxEntry<TBody>,
    hooks?: SendHooks,
  ): Promise<{ readonly nativeId: string; readonly isReplay: boolean }>;
  /** Sends without a row: for messages to which the host gives no queue id. */
  sendBestEffort(body: TBody, hooks?: SendHooks): Promise<{ readonly nativeId: string }>;
  /** Sends again what is not known to have left. Call at start, and when the transport is back after a loss. */
  resendUnsent(options: { readonly signal: AbortSignal }): Promise<ResendReport>;
  /** For `reconcileUnknownSend` of the host: looks the entry up, and sends it now when it has not left. */
  reconcile(
    queueId: string,
    options?: { readonly signal?: AbortSignal },
  ): Promise<OutboxReconciliation>;
  /** For `afterUnknownSendTerminal` of the host: forgets an entry that the host gave up. */
  forget(queueId: string): number;
  /** Gives up what waits for one conversation (its person lost access, or it was removed). */
  dropTarget(target: string): number;
  /** Gives up everything that waits: the account was removed. */
  dropAll(): number;
  /** Ends sends in flight and waits for them; rows stay. A later call throws `closed`. */
  close(): Promise<void>;
}

export interface ResendReport {
  readonly sent: number;
  readonly failed: number;
  readonly dropped: number;
}

type FlightOutcome =
  | { readonly kind: "sent"; readonly nativeId: string }
  | { readonly kind: "failed"; readonly error: unknown; readonly isOwnersDoing: boolean };

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
  readonly #flights = new Map<string, Promise<FlightOutcome>>();
  readonly #unkeyed = new Set<Promise<unknown>>();
  #prunedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: OutboxOptions<TBody>) {
    this.#options = options;
    this.#store = options.store;
    this.#table = new OutboxTable(options.store, (value) => options.parseBody(value));
  }

  async send(
    entry: OutboxEntry<TBody>,
    hooks: SendHooks = {},
  ): Promise<{ nativeId: string; isReplay: boolean }> {
    const key = outboxKey(entry.queueId, entry.partIndex);
    for (;;) {
      this.#assertOpen();
      const running = this.#flights.get(key);
      if (running === undefined) {
        break;
      }
      // oxlint-disable-next-line no-await-in-loop
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
    const outcome = await this.#fly(key, hooks, async () => {
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
        signal: this.#joinSignals(hooks.signal),
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
        // oxlint-disable-next-line no-await-in-loop
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
      // oxlint-disable-next-line no-await-in-loop
      const outcome = await this.#settleRow(row, signal);
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
    return this.#table.deleteQueue(queueId);
  }

  dropTarget(target: string): number {
    this.#assertOpen();
    return this.#dropRows(this.#table.unsentOfTarget(target), "target_removed");
  }

  dropAll(): number {
    this.#assertOpen();
    return this.#dropRows(this.#table.unsent(), "account_removed");
  }

  async close(): Promise<void> {
    this.#closing.abort(new ChannelDurabilityError("closed", "outbox: closed"));
    await Promise.allSettled([...this.#flights.values(), ...this.#unkeyed]);
  }

  async #resendConversation(
    rows: readonly OutboxRow<TBody>[],
    signal: AbortSignal,
    report: { sent: number; failed: number; dropped: number },
  ): Promise<void> {
    for (const [index, row] of rows.entries()) {
      // oxlint-disable-next-line no-await-in-loop
      const outcome = await this.#settleRow(row, signal);
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
    row: OutboxRow<TBody>,
    signal: AbortSignal | undefined,
  ): Promise<FlightOutcome | "dropped"> {
    const running = this.#flights.get(row.key);
    if (running !== undefined) {
      return running;
    }
    if (row.nativeId !== undefined) {
      return { kind: "sent", nativeId: row.nativeId };
    }
    const maxAgeMs = this.#options.maxUnsentAgeMs ?? DEFAULT_MAX_UNSENT_AGE_MS;
    if (this.#store.now() - row.createdAtMs > maxAgeMs) {
      this.#drop(row, "expired");
      return "dropped";
    }
    const { body, target } = row;
    const isAllowed =
      body !== undefined && ((await this.#options.mayResend?.({ target, body })) ?? true);
    if (!isAllowed) {
      this.#drop(row, "refused");
      return "dropped";
    }
    // While that was decided, the host may have sent it, or somebody may have dropped it.
    const overtaken = this.#flights.get(row.key);
    if (overtaken !== undefined) {
      return overtaken;
    }
    const current = this.#table.ofQueue(row.queueId).rows.find(({ key }) => key === row.key);
    if (current === undefined) {
      return "dropped";
    }
    return this.#fly(row.key, signal === undefined ? {} : { signal }, async () => ({
      row: current,
      isFresh: false,
    }));
  }

  /** Runs the one send of a key. Never rejects, so that it can be kept for others to wait on. */
  #fly(
    key: string,
    hooks: SendHooks,
    load: () => Promise<{ row: OutboxRow<TBody>; isFresh: boolean }>,
  ): Promise<FlightOutcome> {
    const handoff = new Handoff(hooks, () => this.#table.isUnsent(key));
    const flight = this.#sendRow(key, handoff, hooks, load)
      .then(
        (nativeId): FlightOutcome => ({ kind: "sent", nativeId }),
        (error: unknown): FlightOutcome => ({
          kind: "failed",
          error,
          isOwnersDoing: handoff.refused || hooks.signal?.aborted === true,
        }),
      )
      .finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }

  async #sendRow(
    key: string,
    handoff: Handoff,
    hooks: SendHooks,
    load: () => Promise<{ row: OutboxRow<TBody>; isFresh: boolean }>,
  ): Promise<string> {
    const { row, isFresh } = await load();
    if (row.nativeId !== undefined) {
      return row.nativeId;
    }
    await this.#options.checkpoint?.("committed", key);
    try {
      await handoff.announce();
      await this.#options.checkpoint?.("announced", key);
      const nativeId = await this.#transmit(row, handoff, hooks, isFresh);
      await this.#options.checkpoint?.("sent", key);
      this.#noteSent(key, nativeId);
      await this.#options.checkpoint?.("stored", key);
      return nativeId;
    } catch (error) {
      // The host took back a message that never came near the network: it holds the intent, so nothing is owed.
      if (handoff.refused && isFresh) {
        this.#table.deleteKey(key);
      }
      throw error;
    }
  }

  async #transmit(
    row: OutboxRow<TBody>,
    handoff: Handoff,
    hooks: SendHooks,
    isFresh: boolean,
  ): Promise<string> {
    if (row.body === undefined) {
      throw new ChannelDurabilityError("corrupt_row", "outbox: an unsent row has no body");
    }
    const { nativeId } = await this.#options.transport.send(row.body, {
      key: row.key,
      messageId: (length) => this.#store.sealer.messageId(row.key, length),
      signal: this.#joinSignals(hooks.signal),
      assertHandoff: () => handoff.assert(),
      isResend: !isFresh,
    });
    if (!handoff.asserted) {
      this.#options.onError?.(
        new ChannelDurabilityError("handoff_skipped", "outbox: sent without asking the host"),
      );
    }
    return nativeId;
  }

  // Not noting it costs a second send under the same id after a restart, at worst; failing the send would make
  // the host ask about a message that did arrive.
  #noteSent(key: string, nativeId: string): void {
    try {
      this.#table.storeNativeId(key, nativeId);
    } catch (error) {
      this.#options.onError?.(error);
    }
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

  #drop({ key, createdAtMs }: OutboxRow<TBody>, reason: OutboxDropReason): void {
    this.#table.deleteKey(key);
    this.#options.onDropped?.({ key, createdAtMs, reason });
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

  #joinSignals(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined
      ? this.#closing.signal
      : AbortSignal.any([this.#closing.signal, signal]);
  }

  #assertOpen(): void {
    this.#closing.signal.throwIfAborted();
  }
}
