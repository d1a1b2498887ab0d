// Whom the operator can name. Names that people give themselves appear nowhere here: anybody could call himself as the
// operator's best friend is called, and would be written to in his place.
import {
  createChannelDirectoryAdapter,
  listDirectoryUserEntriesFromAllowFrom,
} from "openclaw/plugin-sdk/directory-runtime";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { buildDmGroupAccountAllowlistAdapter } from "openclaw/plugin-sdk/allowlist-config-edit";
import { resolveGossipAccount, type ResolvedGossipAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { foldLabel, listContacts, resolvePerson } from "./contact-labels.ts";
import { findLiveAccount } from "./runtime.ts";
import { tryParseAllowEntry, tryParseGossipId } from "./targets.ts";

type Plugin = ChannelPlugin<ResolvedGossipAccount>;
type ResolverAdapter = NonNullable<Plugin["resolver"]>;
type ResolvedTarget = Awaited<ReturnType<ResolverAdapter["resolveTargets"]>>[number];

export const gossipDirectoryAdapter = createChannelDirectoryAdapter({
  self: async ({ accountId, cfg }) => {
    const userId = findLiveAccount(accountId)?.userId;
    return userId === undefined
      ? null
      : { kind: "user", id: userId, name: resolveGossipAccount(cfg, accountId).username };
  },
  listPeers: async ({ accountId, cfg, limit, query }) => {
    const account = resolveGossipAccount(cfg, accountId);
    const people = listContacts(account);
    const listed = listDirectoryUserEntriesFromAllowFrom({
      allowFrom: [...people.map(({ id }) => id), ...account.allowFrom],
      normalizeId: (entry) => tryParseGossipId(entry),
    });
    const wanted = foldLabel(query ?? "");
    return listed
      .map((entry) => {
        const label = people.find(({ id }) => id === entry.id)?.label;
        return label === undefined ? entry : Object.assign(entry, { name: label });
      })
      .filter(({ id, name = "" }) => id.includes(wanted) || foldLabel(name).includes(wanted))
      .slice(0, limit ?? undefined);
  },
});

/** `openclaw channels resolve`: ids and the operator's labels. */
export const gossipResolverAdapter: ResolverAdapter = {
  resolveTargets: async ({ accountId, cfg, inputs, kind }) => {
    const people = listContacts(resolveGossipAccount(cfg, accountId));
    return inputs.map((input): ResolvedTarget => {
      if (kind === "group") return { input, resolved: false, note: "Gossip has no groups" };
      const found = resolvePerson(people, input);
      if ("problem" in found) return { input, resolved: false, note: found.problem };
      const { id, label } = found;
      return { input, resolved: true, id, ...(label === undefined ? {} : { name: label }) };
    });
  },
};

/** The host's `/allowlist` command. */
export const gossipAllowlistAdapter: NonNullable<Plugin["allowlist"]> =
  buildDmGroupAccountAllowlistAdapter<ResolvedGossipAccount>({
    channelId: CHANNEL_ID,
    resolveAccount: ({ accountId, cfg }) => resolveGossipAccount(cfg, accountId),
    normalize: ({ values }) =>
      values.map((value) => tryParseAllowEntry(value)).filter((entry) => entry !== undefined),
    resolveDmAllowFrom: ({ allowFrom }) => [...allowFrom],
    resolveGroupAllowFrom: () => [],
    resolveDmPolicy: ({ dmPolicy }) => dmPolicy,
    resolveGroupPolicy: () => "disabled",
  });
