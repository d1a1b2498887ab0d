import { formatInviteLink, GossipError, parseInvite, parseUserId } from "gossip-sdk";

/**
 * The user id in what somebody pastes: the id itself, `gossip:` and the id, an invite link of any app, or the text of a
 * QR code. Undefined for anything else.
 */
export function tryParseContact(text: string): string | undefined {
  try {
    return parseInvite(text.trim().replace(/^gossip:(?!\/)/iu, "")).userId;
  } catch (error) {
    if (error instanceof GossipError) return undefined;
    throw error;
  }
}

/** What a QR code of the bot says: its public id and nothing else. @param userId - A canonical id. */
export function inviteLink(userId: string): string {
  return formatInviteLink(parseUserId(userId));
}
