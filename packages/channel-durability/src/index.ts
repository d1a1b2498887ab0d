export { ChannelDurabilityError, type ChannelDurabilityErrorCode } from "./errors.ts";
export { openDurableStore, type DurableStore, type DurableStoreOptions } from "./store.ts";
export type { IngressOffer, OfferRules } from "./ingress-offer.ts";
export { openIngressQueue, type IngressQueue, type IngressQueueOptions } from "./ingress-queue.ts";
export {
  createIngressMonitor,
  tryParseStoredIngressEvent,
  type IngressAdmission,
  type IngressEventCodec,
  type IngressFacts,
  type IngressFailure,
  type IngressMonitor,
  type IngressMonitorOptions,
  type StoredIngressEvent,
} from "./ingress-monitor.ts";
export {
  createMergingMonitor,
  type MergingMonitor,
  type MergingMonitorOptions,
} from "./merging-monitor.ts";
export { openTurnBudget, type TurnBudget, type TurnLimit, type TurnLimits } from "./turn-budget.ts";
export { runDurableAccount, type DurableAccountOptions } from "./durable-account.ts";
export { openOutbox } from "./outbox.ts";
export type {
  Outbox,
  OutboxDropReason,
  OutboxOptions,
  OutboxReconciliation,
  OutboxRecord,
  DroppedRow,
  OutboxSendContext,
  OutboxStep,
  OutboxTransport,
  ResendReport,
} from "./outbox-contract.ts";
export type { OutboxEntry } from "./outbox-rows.ts";
export type { SendHooks } from "./send-handoff.ts";
export {
  createDurableMessageAdapter,
  type DurableMessageAdapterOptions,
} from "./message-adapter.ts";
export { openSealedRecord, type SealedRecord, type SealedRecordOptions } from "./sealed-record.ts";
export { openErasure, type ErasedConversation, type ErasedSpan, type Erasure } from "./erasure.ts";
export { openWaitingList, type WaitingEntry, type WaitingList } from "./waiting-list.ts";
export {
  createOperatorView,
  type DeadLetterSummary,
  type DurabilityCounts,
  type OperatorView,
  type ResubmitOutcome,
  type WaitingLoad,
} from "./operator-view.ts";
export {
  runTurn,
  type TurnMessage,
  type TurnOptions,
  type TurnOutcome,
  type TurnRuntime,
} from "./turn.ts";
