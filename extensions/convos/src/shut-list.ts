// Whom the owner shut out a moment ago. The host takes a changed configuration over only when its turns are done; until then
// this list says no. It can only say no.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveConvosAccount } from "./accounts.ts";
import { resolveRules } from "./conversation-rules.ts";
import { tryParseInboxId } from "./targets.ts";

export interface ShutList {
  isShut(conversationId: string, inboxId: string): boolean;
  shutPerson(inboxId: string): void;
  shutConversation(conversationId: string): void;
  openPerson(inboxId: string): void;
  openConversation(conversationId: string): void;
}

/** @param readConfig - The configuration as the host has it now; what it says itself is dropped from the list. */
export function createShutList(readConfig: () => OpenClawConfig, accountId: string): ShutList {
  const people = new Set<string>();
  const conversations = new Set<string>();
  const isListed = (inboxId: string): boolean => {
    const account = resolveConvosAccount(readConfig(), accountId);
    const lists = [
      account.allowFrom,
      account.groupAllowFrom,
      ...Object.keys(account.groups).map((id) => resolveRules(account, id).allowFrom),
    ];
    return lists.flat().some((entry) => tryParseInboxId(entry) === inboxId);
  };
  const isEnabled = (conversationId: string): boolean =>
    resolveRules(resolveConvosAccount(readConfig(), accountId), conversationId).enabled !== false;
  return {
    isShut: (conversationId, inboxId) => {
      if (people.has(inboxId) && !isListed(inboxId)) people.delete(inboxId);
      if (conversations.has(conversationId) && !isEnabled(conversationId)) {
        conversations.delete(conversationId);
      }
      return people.has(inboxId) || conversations.has(conversationId);
    },
    shutPerson: (inboxId) => void people.add(inboxId),
    shutConversation: (conversationId) => void conversations.add(conversationId),
    openPerson: (inboxId) => void people.delete(inboxId),
    openConversation: (conversationId) => void conversations.delete(conversationId),
  };
}
