import { utf8Text } from "../codec/bytes.ts";
import { isSameType } from "../content/content-parts.ts";
import {
  JOIN_REQUEST,
  type JoinRequestProfile,
  parseJoinRequest,
} from "../content/join-request.ts";
import { TEXT } from "../content/standard-types.ts";
import { tryDecodeInvite } from "../invite/invite.ts";
import type { SignedInvite } from "../invite/signed-invite.ts";
import type { XmtpMessage } from "../xmtp/port.ts";

export interface ReceivedJoinRequest {
  readonly messageId: string;
  readonly invite: SignedInvite;
  readonly isTyped: boolean;
  readonly profile: JoinRequestProfile | undefined;
}

/** The join request in a direct message, of today's app or of an older one; undefined for everything else. Pure. */
export function readJoinRequest(message: XmtpMessage): ReceivedJoinRequest | undefined {
  const { id: messageId, type, content } = message;
  if (type === undefined) return undefined;
  try {
    if (isSameType(type, JOIN_REQUEST)) {
      const { inviteSlug, profile } = parseJoinRequest({ type, content });
      const invite = tryDecodeInvite(inviteSlug);
      return invite && { messageId, invite, isTyped: true, profile };
    }
    if (!isSameType(type, TEXT)) return undefined;
    const invite = tryDecodeInvite(utf8Text(content));
    return invite && { messageId, invite, isTyped: false, profile: undefined };
  } catch {
    return undefined;
  }
}
