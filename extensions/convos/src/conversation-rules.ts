// What the configuration says about one conversation, and how the owner's decisions about people change it. All pure.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { patchAccount } from "./account-patch.ts";
import { listOwners, resolveConvosAccount, type ResolvedConvosAccount } from "./accounts.ts";
import type { ConversationRules } from "./config-schema.ts";
import { tryParseAllowEntry, tryParseInboxId } from "./targets.ts";

/** One person in one conversation. In Convos the same human has another inbox id elsewhere. */
export interface PersonPlace {
  readonly conversationId: string;
  readonly inboxId: string;
}

/** The rules of a conversation: its own, and those of `*` for what it does not say. Both lists of people count. */
export function resolveRules(
  { groups }: Pick<ResolvedConvosAccount, "groups">,
  conversationId: string,
): ConversationRules & { readonly allowFrom: readonly string[] } {
  const own = groups[conversationId];
  const common = groups["*"];
  const allowFrom = [...(common?.allowFrom ?? []), ...(own?.allowFrom ?? [])].map(String);
  return { ...common, ...own, allowFrom };
}

/** Lets people be heard, each in the one conversation; everything else stays. */
export function approvePeople(
  cfg: OpenClawConfig,
  accountId: string,
  people: readonly PersonPlace[],
): OpenClawConfig {
  const groups = { ...resolveConvosAccount(cfg, accountId).groups };
  for (const { conversationId, inboxId } of people) {
    const rules = groups[conversationId];
    const listed = rules?.allowFrom ?? [];
    if (listed.some((entry) => tryParseAllowEntry(entry) === inboxId)) continue;
    groups[conversationId] = { ...rules, allowFrom: [...listed, inboxId] };
  }
  return patchAccount(cfg, accountId, { groups });
}

/**
 * Takes a person off every list, that of direct messages too. One that has nobody left may not be empty: the owners stay, who
 * are heard there in any case; without owners it closes.
 */
export function removePerson(
  cfg: OpenClawConfig,
  accountId: string,
  inboxId: string,
): OpenClawConfig {
  const account = resolveConvosAccount(cfg, accountId);
  const isKept = (entry: string | number): boolean => tryParseInboxId(String(entry)) !== inboxId;
  const groups = Object.fromEntries(
    Object.entries(account.groups).map(([id, rules]) => [
      id,
      rules.allowFrom === undefined
        ? rules
        : { ...rules, allowFrom: rules.allowFrom.filter(isKept) },
    ]),
  );
  const left = account.allowFrom.filter(isKept);
  const isEmpty = account.dmPolicy === "allowlist" && left.length === 0;
  const allowFrom = isEmpty ? listOwners(cfg, tryParseInboxId).filter(isKept) : left;
  return patchAccount(cfg, accountId, {
    groups,
    groupAllowFrom: account.groupAllowFrom.filter(isKept),
    ...(left.length === account.allowFrom.length
      ? {}
      : { allowFrom, ...(isEmpty && allowFrom.length === 0 ? { dmPolicy: "disabled" } : {}) }),
  });
}

/** Closes a conversation to everybody, or opens it again for those who are heard in it. */
export function setQuiet(
  cfg: OpenClawConfig,
  accountId: string,
  conversationId: string,
  isQuiet: boolean,
): OpenClawConfig {
  const { groups } = resolveConvosAccount(cfg, accountId);
  const rules = { ...groups[conversationId], enabled: !isQuiet };
  return patchAccount(cfg, accountId, { groups: { ...groups, [conversationId]: rules } });
}
