import * as z from "zod";
import { MAX_REASON_CHARACTERS } from "../limits.ts";
import {
  convosType,
  type EncodedContentParts,
  jsonContent,
  parseJsonContent,
  type ReceivedContent,
} from "./content-parts.ts";
import { formatDate, wireDate } from "./date.ts";

/** Why a creator does not let a joiner in (section 1.10). */
export type InviteJoinErrorType =
  | "conversation_expired"
  | "conversation_not_found"
  | "consent_not_allowed"
  | "generic_failure";

/** Tells a joiner that the request failed. Sent in the DM, once per attempt. */
export interface InviteJoinError {
  readonly errorType: InviteJoinErrorType;
  readonly inviteTag: string;
  readonly timestampMs: number;
  /** At most 500 characters. For people of the same kind of software, never for the model. */
  readonly reason?: string;
}

export const INVITE_JOIN_ERROR = convosType("invite_join_error");

const FALLBACK: Readonly<Record<InviteJoinErrorType, string>> = {
  conversation_expired: "This conversation is no longer available",
  conversation_not_found: "This conversation is no longer available",
  consent_not_allowed: "This conversation is not open to you",
  generic_failure: "Failed to join conversation",
};

const MEANING: Readonly<Record<InviteJoinErrorType, string>> = {
  conversation_expired: "the invite has ended, or the conversation that it leads to",
  conversation_not_found: "the conversation that it leads to is not there any more",
  consent_not_allowed: "whoever made the conversation does not let us in",
  generic_failure: "the app of whoever made the conversation failed to let us in",
};

/** Why a creator did not let us in, in plain words. */
export function describeJoinError(errorType: InviteJoinErrorType): string {
  return MEANING[errorType];
}

const wireInviteJoinError = z.object({
  errorType: z
    .enum([
      "conversation_expired",
      "conversation_not_found",
      "consent_not_allowed",
      "generic_failure",
    ])
    // A type of tomorrow: the app takes it for this one, too.
    .or(z.string().transform((): InviteJoinErrorType => "conversation_expired")),
  inviteTag: z.string().min(1),
  timestamp: wireDate,
  reason: z.string().nullish(),
});

/** A longer reason is cut. */
export function encodeInviteJoinError(error: InviteJoinError): EncodedContentParts {
  const { errorType, inviteTag, timestampMs, reason } = error;
  const value = {
    errorType,
    inviteTag,
    timestamp: formatDate(timestampMs),
    ...(reason && { reason: cut(reason) }),
  };
  return jsonContent(INVITE_JOIN_ERROR, value, {
    fallback: FALLBACK[errorType],
    shouldPush: true,
  });
}

/** @throws ConvosError `malformed` or `too_large`. Only an error of the invite's creator means anything. */
export function parseInviteJoinError(parts: ReceivedContent): InviteJoinError {
  const wire = parseJsonContent(parts, INVITE_JOIN_ERROR, wireInviteJoinError);
  return {
    errorType: wire.errorType,
    inviteTag: wire.inviteTag,
    timestampMs: wire.timestamp,
    ...(wire.reason && { reason: cut(wire.reason) }),
  };
}

/** Never between the two halves of a character. */
function cut(reason: string): string {
  return reason.slice(0, MAX_REASON_CHARACTERS).toWellFormed();
}
