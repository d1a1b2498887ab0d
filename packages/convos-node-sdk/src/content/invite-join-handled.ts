import * as z from "zod";
import {
  convosType,
  type EncodedContentParts,
  jsonContent,
  parseJsonContent,
  type ReceivedContent,
} from "./content-parts.ts";
import { formatDate, wireDate } from "./date.ts";

/** A creator's note in the DM that a request is done with, for its other devices. Only one's own means anything. */
export interface InviteJoinHandled {
  readonly inviteTag: string;
  readonly handledMessageId: string;
  readonly timestampMs: number;
}

export const INVITE_JOIN_HANDLED = convosType("invite_join_handled");

const wireInviteJoinHandled = z.object({
  inviteTag: z.string().min(1),
  handledMessageId: z.string().min(1),
  timestamp: wireDate,
});

export function encodeInviteJoinHandled(handled: InviteJoinHandled): EncodedContentParts {
  const { inviteTag, handledMessageId, timestampMs } = handled;
  const value = { inviteTag, handledMessageId, timestamp: formatDate(timestampMs) };
  return jsonContent(INVITE_JOIN_HANDLED, value, { shouldPush: false });
}

/** @throws ConvosError `malformed` or `too_large`. */
export function parseInviteJoinHandled(parts: ReceivedContent): InviteJoinHandled {
  const wire = parseJsonContent(parts, INVITE_JOIN_HANDLED, wireInviteJoinHandled);
  return {
    inviteTag: wire.inviteTag,
    handledMessageId: wire.handledMessageId,
    timestampMs: wire.timestamp,
  };
}
