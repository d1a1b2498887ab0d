// What an outbox takes and gives; the behavior is in outbox.ts and outbox-flights.ts.

import type { OutboxEntry } from "./outbox-rows.ts";
import type { SendHooks } from "./send-handoff.ts";
import type { DurableStore } from "./store.ts";

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
  /** Told of every row given up without being sent. */
  onDropped?(row: DroppedRow): void;
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
  /**
   * For `afterUnknownSendTerminal` of the host, which has given up an entry: what left of it is forgotten. What waits stays
   * under the rules of the outbox: the host gives up after half an hour of an outage, the transport does not, and it may
   * have the message already.
   *
   * @returns How many rows were forgotten.
   */
  forget(queueId: string): number;
  /**
   * The messages known under a queue id, in part order. A row is there from before the send until a week after it;
   * `nativeId` is set once the message left.
   */
  find(queueId: string): readonly OutboxRecord[];
  /**
   * Takes one message back that is not known to have left. Its row then answers replays as if it had: nobody sends it
   * again.
   *
   * @param takeBack - Asked when there is such a row: can the transport still take it back? `isInFlight` says that a
   *   send of it is under way.
   * @returns False when there is none, or when it is too late.
   */
  withdraw(
    message: WithdrawnMessage,
    takeBack: (facts: { readonly isInFlight: boolean }) => boolean,
  ): boolean;
  /**
   * Gives up what waits for one conversation (its person lost access, or it was removed).
   *
   * @param isDropped - Which of it; default all. What cannot be read goes in any case.
   */
  dropTarget(target: string, isDropped?: (body: TBody) => boolean): number;
  /**
   * Gives up what waits and may not go out any more: see {@link OutboxOptions.mayResend}, and what is too old.
   *
   * @returns How many messages were given up.
   * @throws What `mayResend` threw of a message, which stays; the others were decided.
   */
  dropRefused(): Promise<number>;
  /** Gives up everything that waits: the account was removed. */
  dropAll(): number;
  /** Ends sends in flight and waits for them; rows stay. A later call throws `closed`. */
  close(): Promise<void>;
}

export interface WithdrawnMessage {
  readonly target: string;
  /** As the transport got it from {@link OutboxSendContext.messageId}. */
  readonly messageId: Uint8Array;
  /** As the transport would have returned it. */
  readonly nativeId: string;
}

/** A message that was given up. */
export interface DroppedRow {
  /** The host's queue id and part. */
  readonly key: string;
  readonly createdAtMs: number;
  readonly reason: OutboxDropReason;
  /** Where it was to go, and the id that the transport got for it; undefined for a row that does not open. */
  readonly message?: {
    readonly target: string;
    /** As {@link OutboxSendContext.messageId}. */
    messageId(length: number): Uint8Array;
  };
}

export interface OutboxRecord {
  readonly partIndex: number;
  readonly createdAtMs: number;
  readonly nativeId: string | undefined;
}

export interface ResendReport {
  readonly sent: number;
  readonly failed: number;
  readonly dropped: number;
}
