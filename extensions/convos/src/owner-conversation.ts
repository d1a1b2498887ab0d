// Which conversation is the owner's, and the way back when that one is over. The account never takes another one for it by
// itself: whoever had the agent taken out of the first would decide where its owner is heard.
import { settingPath } from "channel-kit/cold";
import type { ResolvedConvosAccount } from "./accounts.ts";
import type { JoinedConversation } from "./client.ts";
import { CHANNEL_ID } from "./config-schema.ts";

/** What an account knows of its conversations. */
export interface KnownConversations {
  conversations(): readonly Pick<JoinedConversation, "id" | "isCreator">[];
  /** Those that are over, by their ids. */
  ended(): readonly string[];
}

type AccountPlace = Pick<ResolvedConvosAccount, "accountId" | "ownerConversationId">;

/** Conversations as an operator's command gets them. */
interface Listed {
  readonly conversations: readonly { readonly id: string }[];
  readonly ended: readonly string[];
}

/** What it costs that the owner conversation is over. */
export const OWNER_CONVERSATION_OVER =
  "the owner conversation is over, so nobody is heard as the owner, and nobody is asked about people who want to be heard; " +
  "no other conversation takes its place by itself.";

/**
 * The conversation in which only an owner is heard: the configured one, or the first that the account came into. Undefined
 * when the configured one is over. One that is neither open nor over, such as one that is being restored, stays the owner's.
 */
export function findOwnerConversation(
  configured: string | undefined,
  known: KnownConversations,
): string | undefined {
  if (configured !== undefined) {
    return isOwnerConversationOver(configured, known) ? undefined : configured;
  }
  const joined = known.conversations();
  return joined.find(({ isCreator }) => !isCreator)?.id ?? joined[0]?.id;
}

/** The agent may have been let in again: then one conversation is over and open. */
export function isOwnerConversationOver(
  configured: string | undefined,
  known: {
    conversations(): readonly Pick<JoinedConversation, "id">[];
    ended(): readonly string[];
  },
): boolean {
  if (configured === undefined || known.conversations().some(({ id }) => id === configured)) {
    return false;
  }
  return known.ended().includes(configured);
}

/** Why nobody can become owner of this account now, and what to do. */
export function describeOver(accountId: string): string {
  return `convos: ${OWNER_CONVERSATION_OVER} To get back: ${describeWayBack(accountId)}`;
}

/** {@link describeOver} of an account as a command sees it; undefined while its owner conversation is not over. */
export function describeIfOver(
  { accountId, ownerConversationId }: AccountPlace,
  listed: Listed,
): string | undefined {
  const known = { conversations: () => listed.conversations, ended: () => listed.ended };
  return isOwnerConversationOver(ownerConversationId, known) ? describeOver(accountId) : undefined;
}

/** What an operator has to know when he ends a conversation; nothing about one that is not the owner's. */
export function describeEnding(
  { accountId, ownerConversationId }: AccountPlace,
  ended: readonly string[],
  when: "now" | "then",
): string[] {
  if (ownerConversationId === undefined || !ended.includes(ownerConversationId)) return [];
  const heard = when === "now" ? "is heard as the owner now" : "is heard as the owner from then on";
  return [
    `It is the owner conversation: nobody ${heard}. To get back: ${describeWayBack(accountId)}`,
  ];
}

/** The command that makes a conversation the owner's. */
export function ownerConversationCommand(accountId: string, conversationId: string): string {
  return `openclaw config set ${settingPath(CHANNEL_ID, accountId, "ownerConversationId")} ${conversationId}`;
}

/** The commands by which an account gets an owner conversation again. @param conversationId - If it is known which. */
export function describeWayBack(accountId: string, conversationId?: string): string {
  const account = accountId === "default" ? "" : ` --account ${accountId}`;
  const set = ownerConversationCommand(accountId, conversationId ?? "ID");
  const which =
    conversationId === undefined
      ? ` (ids: openclaw convos conversations${account}; into a new one: openclaw convos join${account}, or create)`
      : "";
  return `${set}${which}, then openclaw convos owner${account}`;
}
