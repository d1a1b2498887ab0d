// Whether the wizard has to ask who the owner is: of this account, in its owner conversation.
import type { ConvosContext } from "./cli-conversations.ts";
import { listOwners } from "./accounts.ts";
import { operate } from "./operate.ts";
import { OPERATIONS, type AnswerOf } from "./operations.ts";
import { findOwnerConversation } from "./owner-conversation.ts";
import { tryParseInboxId } from "./targets.ts";

type Listing = Pick<AnswerOf<typeof OPERATIONS.conversations>, "conversations" | "ended">;

/** @throws What {@link operate} throws. */
export async function needsOwner(
  context: Pick<ConvosContext, "account" | "ask" | "cfg" | "now" | "stateDir">,
  { conversations, ended }: Listing,
): Promise<boolean> {
  const owners = listOwners(context.cfg, tryParseInboxId);
  if (owners.length === 0) return true;
  const inOrder = conversations.toSorted((one, other) => one.createdAtMs - other.createdAtMs);
  const known = { conversations: () => inOrder, ended: () => ended };
  const home = findOwnerConversation(context.account.ownerConversationId, known);
  // One that is being restored has nobody to ask for.
  if (home === undefined || !conversations.some(({ id }) => id === home)) return false;
  const { members } = await operate(context, OPERATIONS.members, { conversationId: home });
  // In a conversation that was just made nobody is yet.
  return !members.some(({ inboxId }) => owners.includes(inboxId));
}
