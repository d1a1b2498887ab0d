// Invites that let nobody in any more, by whatever ended them: their pictures and their lines in the list go.
import type { ConvosConnection } from "./client.ts";
import { forgetInvites, hasExpired } from "./invite-book.ts";

/** Forgets those that ended by time, by their one use, or with their conversation. */
export async function forgetOverInvites(
  folder: string,
  connection: Pick<ConvosConnection, "ended" | "isInviteUsed">,
  nowMs: number,
): Promise<void> {
  const isLate = hasExpired(nowMs);
  const ended = new Set(connection.ended());
  await forgetInvites(folder, (invite) => {
    const { conversationId, inviteId } = invite;
    if (isLate(invite) || ended.has(conversationId)) return true;
    return inviteId !== undefined && connection.isInviteUsed(conversationId, inviteId);
  });
}
