// What the operator can name: conversations by id, and people by the inbox ids of the configuration. Names that members
// give themselves or a conversation are for eyes, and never resolve to a target.
import {
  createChannelDirectoryAdapter,
  listDirectoryUserEntriesFromAllowFrom,
} from "openclaw/plugin-sdk/directory-runtime";
import { listOwners, resolveConvosAccount } from "./accounts.ts";
import { findLiveAccount } from "./runtime.ts";
import { tryParseInboxId } from "./targets.ts";

export const convosDirectoryAdapter = createChannelDirectoryAdapter({
  listPeers: async ({ accountId, cfg, limit, query }) => {
    const { allowFrom, groupAllowFrom } = resolveConvosAccount(cfg, accountId);
    const wanted = (query ?? "").trim().toLowerCase();
    return listDirectoryUserEntriesFromAllowFrom({
      allowFrom: [...listOwners(cfg, tryParseInboxId), ...groupAllowFrom, ...allowFrom],
      normalizeId: (entry) => tryParseInboxId(entry),
    })
      .filter(({ id }) => id.includes(wanted))
      .slice(0, limit ?? undefined);
  },
  listGroups: async ({ accountId, limit, query }) => {
    const wanted = (query ?? "").trim().toLowerCase();
    return (findLiveAccount(accountId)?.conversations() ?? [])
      .filter(({ id, name = "" }) => id.includes(wanted) || name.toLowerCase().includes(wanted))
      .slice(0, limit ?? undefined)
      .map(({ id, name }) =>
        name === undefined ? { kind: "group", id } : { kind: "group", id, name },
      );
  },
});
