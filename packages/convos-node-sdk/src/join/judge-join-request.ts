import type { InviteJoinErrorType } from "../content/invite-join-error.ts";
import { isPast } from "../invite/invite.ts";
import type { InvitePayload } from "../invite/signed-invite.ts";

/** What is known about a join request without a look at the group. */
export interface InviteFacts {
  readonly payload: InvitePayload;
  readonly ownInboxId: string;
  readonly nowMs: number;
  readonly isSignedByUs: boolean;
  /** What the token holds; undefined when it does not open. */
  readonly tokenConversationId: string | undefined;
  readonly ownConversationId: string;
}

export type InviteVerdict =
  | { readonly verdict: "go_on" }
  /** No effect at all, and none next time. */
  | { readonly verdict: "ignore" }
  /** Somebody made an invite in our name. */
  | { readonly verdict: "block" }
  | {
      readonly verdict: "error";
      readonly errorType: InviteJoinErrorType;
      readonly reason?: string;
    };

/**
 * The first half of the creator's checks, in the order that all apps follow (section 1.10): nothing is answered before the
 * signature is ours, so that nobody can make us write by sending rubbish. Pure.
 */
export function judgeInvite(facts: InviteFacts): InviteVerdict {
  const { payload, nowMs } = facts;
  if (isPast(payload.expiresAtUnix, nowMs)) return { verdict: "ignore" };
  if (payload.creatorInboxId !== facts.ownInboxId) return { verdict: "ignore" };
  if (!facts.isSignedByUs) return { verdict: "block" };
  if (isPast(payload.conversationExpiresAtUnix, nowMs)) {
    return { verdict: "error", errorType: "conversation_expired" };
  }
  if (facts.tokenConversationId !== facts.ownConversationId) {
    return { verdict: "error", errorType: "conversation_not_found" };
  }
  return { verdict: "go_on" };
}

/** What a look at the group adds. */
export interface AdmissionFacts {
  readonly inviteTag: string;
  /** Undefined when the group's metadata cannot be read. */
  readonly currentTag: string | undefined;
  /** We ended the invites with this tag. Any member can write an old tag back; that makes none of them good again. */
  readonly isTagRevoked: boolean;
  readonly isMember: boolean;
  readonly isGroupDenied: boolean;
  /** Another device of ours says that it is done with this request. */
  readonly isHandledElsewhere: boolean;
  /** Who used a single-use invite up; undefined for other invites, and while nobody has. */
  readonly spentBy: string | undefined;
  /** By it, that person has been in: whoever was taken out does not come back by it. */
  readonly hasLetIn: boolean;
  readonly joinerInboxId: string;
  /** People let in within the last hour, and how many may be. */
  readonly admissionsInLastHour: number;
  readonly admissionsPerHour: number;
}

export type AdmissionVerdict =
  | { readonly verdict: "admit" }
  | { readonly verdict: "already_in" }
  | { readonly verdict: "ignore" }
  /** Not now: the request stays and is looked at again. */
  | { readonly verdict: "wait" }
  | {
      readonly verdict: "error";
      readonly errorType: InviteJoinErrorType;
      readonly reason?: string;
    };

/** The second half. Pure. */
export function judgeAdmission(facts: AdmissionFacts): AdmissionVerdict {
  if (facts.isGroupDenied) return { verdict: "error", errorType: "consent_not_allowed" };
  if (facts.isHandledElsewhere) return { verdict: "ignore" };
  if (facts.isMember) return { verdict: "already_in" };
  if (facts.isTagRevoked || facts.currentTag !== facts.inviteTag) {
    return {
      verdict: "error",
      errorType: "conversation_expired",
      reason: "the invite was revoked",
    };
  }
  const isOthers = facts.spentBy !== undefined && facts.spentBy !== facts.joinerInboxId;
  if (isOthers || facts.hasLetIn) {
    return { verdict: "error", errorType: "conversation_expired", reason: "the invite was used" };
  }
  if (facts.admissionsInLastHour >= facts.admissionsPerHour) return { verdict: "wait" };
  return { verdict: "admit" };
}
