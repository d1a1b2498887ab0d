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

/** The configuration names a conversation of its own, in which the account never was. */
export const OWNER_CONVERSATION_UNKNOWN =
  "the configured owner conversation (ownerConversationId) is none that the agent is in or ever was, so nobody is heard as the owner.";

/** OpenClaw's list of owners names people, and none of them is in this account's owner conversation. */
export const OWNER_ELSEWHERE =
  "no owner is in the owner conversation of this account, so the agent listens to nobody there; in Convos a person has another " +
  "inbox id in each conversation.";

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

/**
 * Whether the account has nothing to do with the configured conversation. Not while it could still get there: by a join that is
 * answered, or by what comes back after a restore.
 */
export function isOwnerConversationUnknown(
  configured: string | undefined,
  known: {
    known(): readonly string[];
    status(): {
      readonly pendingJoins: number;
      readonly restoreOffers: number;
      readonly restoring: number;
    };
  },
): boolean {
  if (configured === undefined || known.known().includes(configured)) return false;
  const { pendingJoins, restoreOffers, restoring } = known.status();
  return pendingJoins + restoreOffers + restoring === 0;
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
  const account = accountOption(accountId);
  const set = ownerConversationCommand(accountId, conversationId ?? "ID");
  const which =
    conversationId === undefined
      ? ` (ids: openclaw convos conversations${account}; into a new one: openclaw convos join${account}, or create)`
      : "";
  return `${set}${which}, then ${ownerCommand(accountId)}`;
}

/** The command that makes somebody the owner of an account. */
export function ownerCommand(accountId: string): string {
  return `openclaw convos owner${accountOption(accountId)}`;
}

/** The command that gets an account into the configured conversation, or makes another one the owner's. */
export function describeWayIn(accountId: string): string {
  const join = `openclaw convos join${accountOption(accountId)}`;
  return `with an invite to it: ${join}. Or another one: ${describeWayBack(accountId)}`;
}

function accountOption(accountId: string): string {
  return accountId === "default" ? "" : ` --account ${accountId}`;
}
