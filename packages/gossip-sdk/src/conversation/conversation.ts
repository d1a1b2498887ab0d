import type { GossipUserId } from "../identity/user-id.ts";
import type { PublicKeyBundle } from "../identity/public-keys.ts";
import { EMPTY_PEER_SESSION, type PeerSession } from "../session/peer-session.ts";

/** Status of a message we send (section 11). `delivered` means acknowledged by the peer's client, not read by a person. */
export type MessageStatus = "waiting_session" | "ready" | "sent" | "delivered" | "failed";

/** A message that is not settled: its status is one of the first three. */
export interface QueueItem {
  /** 12 bytes; a resend after a renewal keeps it, so the peer drops what it already has. */
  readonly messageId: Uint8Array;
  /** A keep-alive takes an address of the chain like a message, but is dropped instead of sent again. */
  readonly kind: "message" | "keep_alive";
  /** Encoded message contents; empty once the retention policy took them. */
  readonly contents: Uint8Array;
  readonly queuedAtMs: number;
  /** Present once encrypted: these bytes and no others are posted, however often it takes. */
  readonly value: EncryptedValue | undefined;
  readonly posted: boolean;
  /** Read back from the relay as we wrote it. Not persisted: after a start everything is read back once more. */
  readonly verified: boolean;
}

/** One of our messages as it goes to the board. */
export interface EncryptedValue {
  readonly seeker: Uint8Array;
  readonly data: Uint8Array;
  readonly sentAtMs: number;
}

/** Our side of the handshake, from the wish to say hello until the relay has it. */
export type PendingAnnouncement =
  | {
      readonly stage: "wanted";
      readonly userData: Uint8Array;
      readonly sinceMs: number;
      readonly notBeforeMs: number;
      /** The session must not be used any more: somebody else continued it. */
      readonly forked: boolean;
    }
  | { readonly stage: "built"; readonly bytes: Uint8Array; readonly builtAtMs: number };

/** When a peer may be announced to again. `count` grows while nothing readable comes. */
export interface Pause {
  readonly count: number;
  readonly untilMs: number;
}

/** Both sides delete what is older than this and came after the policy (section 8). */
export interface RetentionPolicy {
  readonly seconds: number;
  readonly sinceMs: number;
}

/** What a contact request said about its sender. Chosen by the sender: display only. */
export interface RequestText {
  readonly username: string | undefined;
  readonly message: string | undefined;
}

/** Everything we know about one peer. Immutable: a step returns the next one. */
export interface Conversation {
  readonly peer: GossipUserId;
  readonly publicKeys: PublicKeyBundle;
  readonly session: PeerSession;
  readonly createdAtMs: number;
  /** We agreed to talk; only then is anything announced, sent or read. */
  readonly accepted: boolean;
  /** The operator's decision. An untrusted conversation is neither kept alive nor renewed, and is dropped after a day. */
  readonly trusted: boolean;
  readonly request: RequestText | undefined;
  readonly requestReportedMs: number;
  readonly announcement: PendingAnnouncement | undefined;
  /** The peer has shown, by an announcement or a readable message, that it knows our newest announcement or a later one. */
  readonly answered: boolean;
  readonly lastInboundMs: number;
  readonly renewalPause: Pause;
  readonly forkPause: Pause;
  readonly reinstallAnsweredMs: number;
  /** Times at which something is due unless the peer is heard before; undefined when nothing is awaited. */
  readonly due: DueTimes;
  readonly retention: RetentionPolicy | undefined;
  /** Oldest first. */
  readonly queue: readonly QueueItem[];
}

interface DueTimes {
  readonly silenceMs: number | undefined;
  readonly reinstallAnswerMs: number | undefined;
  readonly saturationMs: number | undefined;
  /** Junk lies where the peer's next message should be... */
  readonly squattedMs: number | undefined;
  /** ...or where one of ours should be. */
  readonly ownSquattedMs: number | undefined;
}

const NOTHING_DUE: DueTimes = {
  silenceMs: undefined,
  reinstallAnswerMs: undefined,
  saturationMs: undefined,
  squattedMs: undefined,
  ownSquattedMs: undefined,
};

/** A peer we have just heard of. Nothing is accepted, announced or trusted yet. */
export function createConversation(publicKeys: PublicKeyBundle, nowMs: number): Conversation {
  return {
    peer: publicKeys.userId,
    publicKeys,
    session: EMPTY_PEER_SESSION,
    createdAtMs: nowMs,
    accepted: false,
    trusted: false,
    request: undefined,
    requestReportedMs: 0,
    announcement: undefined,
    answered: true,
    lastInboundMs: 0,
    renewalPause: { count: 0, untilMs: 0 },
    forkPause: { count: 0, untilMs: 0 },
    reinstallAnsweredMs: 0,
    due: NOTHING_DUE,
    retention: undefined,
    queue: [],
  };
}

/** Status of an unsettled message as its sender sees it. */
export function statusOfItem(item: QueueItem): MessageStatus {
  if (item.value === undefined) return "waiting_session";
  return item.posted ? "sent" : "ready";
}

/** Whether somebody else used our session: its inbound chain must not be read, nor anything sent on it. */
export function isForked(conversation: Conversation): boolean {
  return conversation.announcement?.stage === "wanted" && conversation.announcement.forked;
}

/** Retention takes what is older than the result and came after the policy; undefined when there is nothing yet. */
export function retentionCutoffMs(
  policy: RetentionPolicy | undefined,
  nowMs: number,
): number | undefined {
  if (policy === undefined) return undefined;
  const cutoffMs = nowMs - policy.seconds * 1000;
  return cutoffMs > policy.sinceMs ? cutoffMs : undefined;
}
