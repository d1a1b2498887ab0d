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
import { findLiveAccount } from "./runtime.ts";
import { tryParseAllowEntry, tryParseGossipId } from "./targets.ts";

type Plugin = ChannelPlugin<ResolvedGossipAccount>;
type ResolverAdapter = NonNullable<Plugin["resolver"]>;
type ResolvedTarget = Awaited<ReturnType<ResolverAdapter["resolveTargets"]>>[number];

/** An operator's label and the id behind it. */
export interface NamedPerson {
  readonly id: string;
  readonly label: string;
}

/** `contacts` of the account, in the order of the file; entries whose id is none are left out. */
export function listContacts(account: Pick<ResolvedGossipAccount, "contacts">): NamedPerson[] {
  return Object.entries(account.contacts).flatMap(([label, raw]) => {
    const id = tryParseGossipId(raw);
    return id === undefined ? [] : [{ id, label }];
  });
}

/**
 * The one person whom a text names: by id, or by a label of the operator's, whatever its case.
 *
 * @returns The id, or why there is none; an ambiguous label lists the ids it could mean.
 */
export function resolvePerson(
  people: readonly NamedPerson[],
  input: string,
): { readonly id: string; readonly label?: string } | { readonly problem: string } {
  const id = tryParseGossipId(input);
  if (id !== undefined) {
    const label = people.find((person) => person.id === id)?.label;
    return { id, ...(label === undefined ? {} : { label }) };
  }
  const wanted = foldLabel(input);
  const found = people.filter(({ label }) => foldLabel(label) === wanted);
  const ids = [...new Set(found.map((person) => person.id))];
  const [first] = found;
  if (first === undefined) {
    return {
      problem: `neither a Gossip user id nor a label in channels.${CHANNEL_ID}.contacts`,
    };
  }
  return ids.length === 1 ? first : { problem: `ambiguous: ${ids.join(", ")}` };
}

/** Case and the width of characters do not tell labels apart; everything else does, so that look-alikes never match. */
function foldLabel(label: string): string {
  return label.trim().normalize("NFKC").toLowerCase();
}

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
        return label === undefined ? entry : { ...entry, name: label };
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
