// What the operator can name: conversations by id, and people by the inbox ids of the configuration. Names that members
// give themselves or a conversation are for eyes, and never resolve to a target.
import { cleanName } from "channel-kit/cold";
import { createAllowlistAdapter } from "channel-kit";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import {
  createChannelDirectoryAdapter,
  listDirectoryUserEntriesFromAllowFrom,
} from "openclaw/plugin-sdk/directory-runtime";
import { convosChannel } from "./account-channel.ts";
import { listOwners, resolveConvosAccount, type ResolvedConvosAccount } from "./accounts.ts";
import type { ConversationControls } from "./client-controls.ts";
import { findLiveAccount, type LiveAccount } from "./runtime.ts";
import { tryParseAllowEntry, tryParseConversationId, tryParseInboxId } from "./targets.ts";

type Plugin = ChannelPlugin<ResolvedConvosAccount>;
type DirectoryAdapter = NonNullable<Plugin["directory"]>;
type ResolverAdapter = NonNullable<Plugin["resolver"]>;
type ResolvedTarget = Awaited<ReturnType<ResolverAdapter["resolveTargets"]>>[number];

/** What of a running account the directory looks at. */
export interface ListedAccount extends Pick<LiveAccount, "conversations"> {
  readonly operated: { readonly controls: Pick<ConversationControls, "members"> };
}

/** @param find - The account, while it runs. */
export function createDirectory(
  find: (accountId: string | null | undefined) => ListedAccount | undefined,
): DirectoryAdapter {
  return createChannelDirectoryAdapter({
    listPeers: async ({ accountId, cfg, limit, query }) => {
      const { allowFrom, groupAllowFrom, groups } = resolveConvosAccount(cfg, accountId);
      const wanted = (query ?? "").trim().toLowerCase();
      const heard = Object.values(groups).flatMap((rules) => (rules.allowFrom ?? []).map(String));
      return listDirectoryUserEntriesFromAllowFrom({
        allowFrom: [...listOwners(cfg, tryParseInboxId), ...groupAllowFrom, ...heard, ...allowFrom],
        normalizeId: (entry) => tryParseInboxId(entry),
      })
        .filter(({ id }) => id.includes(wanted))
        .slice(0, limit ?? undefined);
    },
    listGroups: async ({ accountId, limit, query }) => {
      const wanted = (query ?? "").trim().toLowerCase();
      return (find(accountId)?.conversations() ?? [])
        .filter(({ id, name = "" }) => id.includes(wanted) || name.toLowerCase().includes(wanted))
        .slice(0, limit ?? undefined)
        .map(({ id, name }) => withName({ kind: "group", id }, name));
    },
    listGroupMembers: async ({ accountId, groupId, limit }) => {
      const conversationId = tryParseConversationId(groupId);
      const controls = find(accountId)?.operated.controls;
      if (conversationId === undefined || controls === undefined) return [];
      const members = await controls.members(conversationId);
      return members
        .slice(0, limit ?? undefined)
        .map(({ inboxId, name }) => withName({ kind: "user", id: inboxId }, name));
    },
  });
}

export const convosDirectoryAdapter = createDirectory((accountId) => findLiveAccount(accountId));

function withName<TEntry extends { readonly kind: "group" | "user"; readonly id: string }>(
  entry: TEntry,
  name: string | undefined,
): TEntry & { readonly name?: string } {
  const cleaned = cleanName(name ?? "");
  return cleaned === "" ? entry : { ...entry, name: cleaned };
}

/** `openclaw channels resolve`: ids alone. */
export const convosResolverAdapter: ResolverAdapter = {
  resolveTargets: async ({ inputs, kind }) =>
    inputs.map((input): ResolvedTarget => {
      const id = kind === "group" ? tryParseConversationId(input) : tryParseInboxId(input);
      if (id !== undefined) return { input, resolved: true, id };
      const note =
        kind === "group"
          ? "not a conversation id; see: openclaw convos conversations"
          : "not an inbox id; see: openclaw convos members";
      return { input, resolved: false, note };
    }),
};

/** The host's `/allowlist` command. */
export const convosAllowlistAdapter = createAllowlistAdapter(convosChannel, tryParseAllowEntry);
