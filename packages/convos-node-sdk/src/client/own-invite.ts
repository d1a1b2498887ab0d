import type { ConvosKey } from "../identity/key.ts";
import { createInvite } from "../invite/invite.ts";
import type { ConvosNetwork } from "../invite/invite-text.ts";
import { decodeMetadata } from "../metadata/conversation-metadata.ts";
import type { XmtpGroup } from "../xmtp/port.ts";
import type { InviteOptions } from "./types.ts";

/** An invite to a group that the key made, as the group is now. @throws ConvosError `malformed` (unreadable metadata). */
export function createOwnInvite(
  group: XmtpGroup,
  { key, network }: { readonly key: ConvosKey; readonly network: ConvosNetwork },
  options: InviteOptions,
): { url: string; slug: string } {
  const { tag, emoji, expiresAtUnix } = decodeMetadata(group.appData());
  const name = group.name();
  const description = group.description();
  return createInvite({
    privateKey: key.privateKey,
    creatorInboxId: key.inboxId,
    conversationId: group.id,
    tag,
    network,
    expiresAfterUse: options.singleUse === true,
    ...(options.expiresAtMs !== undefined && {
      expiresAtUnix: Math.floor(options.expiresAtMs / 1000),
    }),
    ...(expiresAtUnix !== undefined && { conversationExpiresAtUnix: expiresAtUnix }),
    ...(options.preview === true && {
      ...(name && { name }),
      ...(description && { description }),
      ...(emoji !== undefined && { emoji }),
    }),
  });
}
