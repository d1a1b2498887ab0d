import type { OpenedAnnouncement } from "../announcement/announcement.ts";
import type { GossipUserId } from "../identity/user-id.ts";
import type { Conversation, QueueItem } from "./conversation.ts";
import type { SessionPort } from "./session-port.ts";

/** What can happen to a conversation. Everything outside the machine reaches it as one of these. */
export type ConversationEvent =
  /** We want to talk: the first contact, or a renewal by hand. */
  | { readonly type: "request"; readonly userData: Uint8Array }
  /** We agree to talk because we were asked. */
  | { readonly type: "accept"; readonly trusted: boolean }
  | { readonly type: "trust"; readonly trusted: boolean }
  /** An announcement of this peer came from the bulletin. `accept` is the answer if it is a contact request. */
  | {
      readonly type: "announcement";
      readonly opened: OpenedAnnouncement;
      readonly accept: AcceptDecision;
    }
  /** The newest announcement of this peer, of whatever age, was found by a restore scan, and we want to talk. */
  | { readonly type: "restore"; readonly opened: OpenedAnnouncement }
  /** Our wanted announcement may go out now. */
  | { readonly type: "announce" }
  | { readonly type: "announcement_posted" }
  | { readonly type: "send"; readonly item: Pick<QueueItem, "messageId" | "contents"> }
  | { readonly type: "set_retention"; readonly seconds: number }
  | { readonly type: "posted"; readonly messageId: Uint8Array }
  /** We do not want to have written this. Only what was not encrypted yet can be taken back. */
  | { readonly type: "withdraw"; readonly messageId: Uint8Array }
  /** The relay will not take this value, however often it is asked. */
  | { readonly type: "refused"; readonly messageId: Uint8Array }
  /** What the relay has at an address of ours; undefined when it has nothing. */
  | {
      readonly type: "own_value";
      readonly seeker: Uint8Array;
      readonly found: OwnValue | undefined;
    }
  /** A value at the awaited address that is signed for it. */
  | { readonly type: "value"; readonly seeker: Uint8Array; readonly data: Uint8Array }
  /** A value at the awaited address that is not. */
  | { readonly type: "squatted"; readonly seeker: Uint8Array }
  /** Nothing at the awaited address, where there was something that did not belong there. */
  | { readonly type: "vacant" }
  /** A copy of this account says when it announced itself to this peer. */
  | { readonly type: "copy_announced"; readonly atMs: number }
  /** The relay lost what it had: everything unacknowledged has to be looked for again. */
  | { readonly type: "relay_reset" }
  | { readonly type: "tick" };

/** What lies at an address of ours, and whether it is signed for it. */
export interface OwnValue {
  readonly data: Uint8Array;
  readonly signed: boolean;
}

/** `trusted` is the operator's word, `accepted` only lets the sender talk (see {@link Conversation.trusted}). */
export type AcceptDecision = "rejected" | "accepted" | "trusted";

/** What reaches the consumer. Ids are 12 bytes and belong to this peer: they say nothing about other peers' messages. */
export type InboundEvent =
  | {
      readonly type: "message";
      readonly messageId: Uint8Array;
      readonly text: string;
      /** Of either side; may be unknown. */
      readonly replyTo?: Uint8Array;
      /** The author is the sender's claim. */
      readonly forwarded?: { readonly text: string; readonly author: GossipUserId };
    }
  | {
      readonly type: "reaction";
      readonly messageId: Uint8Array;
      readonly emoji: string;
      readonly citedId: Uint8Array;
    }
  /** `messageId` is the reaction's own id, `citedId` the message that had it. */
  | {
      readonly type: "reaction_removed";
      readonly messageId: Uint8Array;
      readonly citedId: Uint8Array;
    }
  | { readonly type: "edit"; readonly citedId: Uint8Array; readonly text: string }
  | { readonly type: "delete"; readonly citedId: Uint8Array }
  | { readonly type: "retention"; readonly seconds: number }
  /** Username and message are the sender's own words, from the announcement. */
  | {
      readonly type: "contact_request";
      readonly username?: string;
      readonly message?: string;
      readonly accepted: boolean;
    };

/** What we remember of a message id of a peer: enough to judge what later cites it. */
export type SeenNote =
  | { readonly kind: "message" }
  | { readonly kind: "reaction"; readonly citedId: Uint8Array }
  /** Edits and deletes themselves, and messages that were deleted: nothing may cite them. */
  | { readonly kind: "done" };

/** What a step wants done in the same transaction as its new state, which is always stored. */
export type ConversationEffect =
  | { readonly type: "event"; readonly event: InboundEvent; readonly sentAtMs: number }
  | { readonly type: "remember"; readonly messageId: Uint8Array; readonly note: SeenNote }
  | {
      readonly type: "settled";
      readonly messageId: Uint8Array;
      readonly status: "delivered" | "failed";
    }
  | { readonly type: "notice"; readonly notice: ConversationNotice };

/** What an operator may want to see in the status. */
export type ConversationNotice = "fork_noticed" | "session_lost" | "message_dropped";

/** Everything a step depends on besides state and event. */
export interface StepDeps {
  readonly sessions: SessionPort;
  readonly nowMs: number;
  /** A number from 0 (inclusive) to 1 (exclusive), for jitter only. */
  readonly random: () => number;
  /** A fresh random message id, 12 bytes. */
  readonly newMessageId: () => Uint8Array;
  readonly findSeen: (messageId: Uint8Array) => SeenNote | undefined;
}

/** A step under way: the rooms of the machine replace `conversation` and add effects. */
export interface Step extends StepDeps {
  conversation: Conversation;
  readonly effects: ConversationEffect[];
}

/** Replaces some fields of the conversation. */
export function update(step: Step, fields: Partial<Conversation>): void {
  step.conversation = { ...step.conversation, ...fields };
}

/** Replaces some of the times at which something is due. */
export function updateDue(step: Step, due: Partial<Conversation["due"]>): void {
  update(step, { due: { ...step.conversation.due, ...due } });
}

/** A time span give or take a jitter, evenly spread. */
export function jittered(step: StepDeps, spanMs: number, jitterMs: number): number {
  return Math.round(spanMs + (step.random() * 2 - 1) * jitterMs);
}
