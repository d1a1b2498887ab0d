// What the operator can name: the channels of the account, and peers by the ids of its lists. Names that peers give
// themselves appear nowhere here: anybody could call itself as another bot is called, and would be written to in its place.
import { createAllowlistAdapter } from "channel-kit";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import {
  createChannelDirectoryAdapter,
  listDirectoryUserEntriesFromAllowFrom,
} from "openclaw/plugin-sdk/directory-runtime";
import { meshChannel } from "./account-channel.ts";
import { resolveMeshAccount, type ResolvedMeshAccount } from "./accounts.ts";
import { listMeshOwners } from "./owner-grant.ts";
import { findLiveAccount } from "./runtime.ts";
import { findTarget, tryParseAllowEntry, tryParsePeerId } from "./targets.ts";

type Plugin = ChannelPlugin<ResolvedMeshAccount>;
type ResolverAdapter = NonNullable<Plugin["resolver"]>;
type ResolvedTarget = Awaited<ReturnType<ResolverAdapter["resolveTargets"]>>[number];

export const meshDirectoryAdapter = createChannelDirectoryAdapter({
  self: async ({ accountId, cfg }) => {
    const userId = findLiveAccount(accountId)?.userId;
    return userId === undefined
      ? null
      : { kind: "user", id: userId, name: resolveMeshAccount(cfg, accountId).name };
  },
  listPeers: async ({ accountId, cfg, limit, query }) => {
    const { allowFrom, groupAllowFrom, groups } = resolveMeshAccount(cfg, accountId);
    const heard = Object.values(groups).flatMap((rules) => (rules.allowFrom ?? []).map(String));
    const wanted = (query ?? "").trim().toLowerCase();
    return listDirectoryUserEntriesFromAllowFrom({
      allowFrom: [...listMeshOwners(cfg), ...allowFrom, ...groupAllowFrom, ...heard],
      normalizeId: (entry) => tryParsePeerId(entry),
    })
      .filter(({ id }) => id.toLowerCase().includes(wanted))
      .slice(0, limit ?? undefined);
  },
  listGroups: async ({ accountId, cfg, limit, query }) => {
    const { channels } = resolveMeshAccount(cfg, accountId);
    const wanted = (query ?? "").trim().toLowerCase();
    // OpenClaw asks without the `#`, and takes nothing when there are several: a whole name means that channel.
    const named = channels.filter((id) => id.toLowerCase().replace(/^#/, "") === wanted);
    const found = channels.filter((id) => id.toLowerCase().includes(wanted));
    return (named.length > 0 ? named : found)
      .slice(0, limit ?? undefined)
      .map((id) => ({ kind: "group" as const, id, name: id }));
  },
});

/** `openclaw channels resolve`: peer ids, and the channels of the account. */
export const meshResolverAdapter: ResolverAdapter = {
  resolveTargets: async ({ accountId, cfg, inputs, kind }) => {
    const account = resolveMeshAccount(cfg, accountId);
    const wanted = kind === "group" ? "group" : "direct";
    return inputs.map((input): ResolvedTarget => {
      const target = findTarget(account, input);
      if (target?.kind === wanted) return { input, resolved: true, id: target.id };
      const note =
        wanted === "group" ? "not in channels.mesh.channels" : "not a peer id of 43 characters";
      return { input, resolved: false, note };
    });
  },
};

/** The host's `/allowlist` command. */
export const meshAllowlistAdapter = createAllowlistAdapter(meshChannel, tryParseAllowEntry);
