import type { InviteJoinErrorType } from "../content/invite-join-error.ts";
import type { ConvosErrorCode } from "../errors.ts";
import { type ConversationRecord, isOver } from "../store/conversation-record.ts";
import type { ConversationWorker } from "./conversation-worker.ts";
import type { ClientContext } from "./client-context.ts";
import type {
  ConversationSummary,
  ConvosClientStatus,
  PendingJoin,
  RestoreOffer,
  StuckConversation,
} from "./types.ts";

const ERROR_TYPES: readonly InviteJoinErrorType[] = [
  "conversation_expired",
  "conversation_not_found",
  "consent_not_allowed",
  "generic_failure",
];

/** What a caller sees of a conversation; undefined for one that has no group yet, or never had. Pure. */
export function summarizeConversation(record: ConversationRecord): ConversationSummary | undefined {
  const { phase, groupId } = record;
  if (groupId === undefined) return undefined;
  if (phase !== "active" && phase !== "left" && phase !== "removed" && phase !== "exploded") {
    return undefined;
  }
  const { name, description, emoji, tag, lastInboundAtMs, explodesAtMs, peerInboxId } = record;
  return {
    id: groupId,
    kind: record.via === undefined ? "group" : "dm",
    ...(peerInboxId !== undefined && { peerInboxId }),
    ...(name && { name }),
    ...(description && { description }),
    ...(emoji !== undefined && { emoji }),
    inboxId: record.inboxId,
    ...(tag !== undefined && { tag }),
    state: phase,
    memberCount: record.memberCount,
    ...(record.onlyOtherInboxId && { onlyOtherInboxId: record.onlyOtherInboxId }),
    isCreator: record.isCreator,
    createdAtMs: record.createdAtMs,
    ...(lastInboundAtMs !== undefined && { lastInboundAtMs }),
    ...(explodesAtMs !== undefined && { explodesAtMs }),
  };
}

/** What a caller sees of a join; undefined for a conversation that nobody asked to join. Pure. */
export function summarizeJoin(record: ConversationRecord): PendingJoin | undefined {
  const { request, phase, name } = record;
  if (request === undefined) return undefined;
  const { joinId, creatorInboxId, refusedAtMs, requestedAtMs } = request;
  const errorType = toErrorType(request.errorType);
  return {
    joinId,
    state:
      phase === "joining"
        ? "pending"
        : phase === "refused" || phase === "cancelled"
          ? phase
          : "joined",
    creatorInboxId,
    requestedAtMs,
    ...(name && { name }),
    ...(errorType !== undefined && { errorType }),
    ...(refusedAtMs !== undefined && { refusedAtMs }),
  };
}

/** What a caller sees of the groups that a restore brought up. Pure. */
export function summarizeOffers({
  phase,
  inboxId,
  offers = [],
}: ConversationRecord): RestoreOffer[] {
  if (phase !== "restoring") return [];
  return offers.map(({ groupId, creatorInboxId, addedBy, memberCount, name }) => ({
    conversationId: groupId,
    inboxId,
    creatorInboxId,
    addedBy,
    memberCount,
    ...(name && { name }),
  }));
}

export function summarizeStatus(
  { book, store }: Pick<ClientContext, "book" | "store">,
  workers: readonly ConversationWorker[],
): ConvosClientStatus {
  const records = book.all().map(({ record }) => record);
  const open = workers.filter(({ record }) => !isOver(record));
  const stuck = open.flatMap((worker) => summarizeStuck(worker));
  const working = open.filter((worker) => summarizeStuck(worker).length === 0);
  const inbound = records.flatMap(({ lastInboundAtMs }) => lastInboundAtMs ?? []);
  const active = open.filter(({ record }) => record.phase === "active");
  return {
    connected: working.every(({ isConnected }) => isConnected),
    conversations: active.length,
    connectedConversations: active.filter(({ isConnected }) => isConnected).length,
    queueDepth: store.outgoing.countQueued(),
    unhandled: store.incoming.count(),
    pendingJoins: records.filter(({ phase }) => phase === "joining").length,
    restoring: records.filter(({ phase }) => phase === "restoring").length,
    restoreOffers: records.flatMap(summarizeOffers).length,
    outOfSync: active.filter(({ isOutOfSync }) => isOutOfSync).length,
    maxInstallations: Math.max(0, ...open.map(({ installations }) => installations)),
    stuck,
    lastInboundAtMs: inbound.length === 0 ? undefined : Math.max(...inbound),
    lastErrorCode: working.find(({ lastError }) => lastError !== undefined)?.lastError,
  };
}

function summarizeStuck({
  isConnected,
  lastError,
  record,
}: Pick<ConversationWorker, "isConnected" | "lastError" | "record">): StuckConversation[] {
  if (isConnected || !isStuckError(lastError)) return [];
  const { groupId: conversationId } = record;
  return [{ errorCode: lastError, ...(conversationId !== undefined && { conversationId }) }];
}

/** Of these only somebody who brings the folder back, or restores it, can mend the reason. Pure. */
export function isStuckError(
  code: ConvosErrorCode | undefined,
): code is StuckConversation["errorCode"] {
  return code === "key_in_use" || code === "too_many_installations";
}

function toErrorType(text: string | undefined): InviteJoinErrorType | undefined {
  return ERROR_TYPES.find((type) => type === text);
}
