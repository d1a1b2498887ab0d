// Who may write, by name, and how to close the door on one person everywhere at once. A lost phone stands in lists of the
// configuration, see sender-lists.ts, and in the host's list of approved senders.
import { tryParseGroupEntry } from "./access-groups.ts";
import type { DmPolicy } from "./gate.ts";
import type { ChannelRuntime } from "./runtime.ts";
import { findSenderLists, type ListsHolder } from "./sender-lists.ts";

/** Where an id has its access from. */
export type ContactSource = "allowFrom" | "accessGroup" | "pairing" | "owner";

export interface KnownContact {
  readonly senderId: string;
  readonly sources: readonly ContactSource[];
  /** False for who stands somewhere and may not write all the same: a later policy would let such a person in. */
  readonly isLetIn: boolean;
}

/** One account's places, as they are now. Entries are as people wrote them. */
export interface AccessPlaces {
  readonly dmPolicy: DmPolicy;
  readonly allowFrom: readonly string[];
  /** Members of the groups that the allowlist names, see {@link listGroupMembers}. */
  readonly groupMembers?: readonly string[];
  readonly approved: readonly string[];
  readonly owners: readonly string[];
}

/** The channel's own idea of an id: undefined for what is none, e.g. `*`. */
export type NormalizeId = (text: string) => string | undefined;

/** What lets people in under a policy. Owners have a right over commands, which is no way in. */
const WAYS_IN: Readonly<Record<DmPolicy, readonly ContactSource[]>> = {
  pairing: ["allowFrom", "accessGroup", "pairing"],
  allowlist: ["allowFrom", "accessGroup"],
  // Whoever it is.
  open: ["allowFrom", "accessGroup", "pairing", "owner"],
  disabled: [],
};

/** Everybody who stands somewhere for one account, in the order of the places. */
export function listContacts(places: AccessPlaces, normalize: NormalizeId): KnownContact[] {
  const found = new Map<string, ContactSource[]>();
  const add = (entries: readonly string[], source: ContactSource): void => {
    for (const entry of entries) {
      const id = normalize(entry);
      if (id === undefined) continue;
      const sources = found.get(id) ?? [];
      if (!sources.includes(source)) found.set(id, [...sources, source]);
    }
  };
  add(places.allowFrom, "allowFrom");
  add(places.groupMembers ?? [], "accessGroup");
  add(places.approved, "pairing");
  add(places.owners, "owner");
  const waysIn = WAYS_IN[places.dmPolicy];
  return [...found].map(([senderId, sources]) => ({
    senderId,
    sources,
    isLetIn: sources.some((source) => waysIn.includes(source)),
  }));
}

/** Who is on an allowlist through the host's access groups. Entries are as people wrote them. */
export function listGroupMembers(
  config: ListsHolder,
  channelId: string,
  allowFrom: readonly string[],
): string[] {
  const named = new Set(allowFrom.flatMap((entry) => tryParseGroupEntry(entry)?.name ?? []));
  return findSenderLists(config, channelId)
    .filter(({ group }) => group !== undefined && named.has(group))
    .flatMap(({ entries }) => entries.map(String));
}

/**
 * Takes an id out of every list of a configuration, in place: the channel's own, those of all its accounts, access groups,
 * owners, commands, and elevated tools. With `replacement`, that id stands where the old one stood.
 *
 * An account whose list becomes empty under the policy `allowlist`, its own or inherited, becomes `disabled`: empty lists
 * are not allowed there, and nobody was to be let in. Accounts that inherit from it keep their own people.
 *
 * @returns Paths that were changed.
 */
export function rewriteContact(
  config: ListsHolder,
  options: {
    readonly channelId: string;
    readonly senderId: string;
    readonly replacement?: string;
    readonly normalize: NormalizeId;
  },
): string[] {
  const { channelId, normalize, replacement, senderId } = options;
  const isThem = (entry: unknown): boolean => normalize(String(entry)) === senderId;
  const found = findSenderLists(config, channelId).filter(({ entries }) => entries.some(isThem));
  for (const { entries, isShared, replace } of found) {
    const kept = entries.filter((entry) => !isThem(entry));
    if (replacement === undefined) replace(kept);
    else {
      const others = kept.filter((entry) => normalize(String(entry)) !== replacement);
      replace([...others, isShared ? `${channelId}:${replacement}` : replacement]);
    }
  }
  const pathsOf = (isWayIn: boolean): string[] =>
    found.filter(({ kind }) => (kind === "way_in") === isWayIn).map(({ path }) => path);
  const waysIn = pathsOf(true);
  const section = config.channels?.[channelId];
  const closed =
    isRecord(section) && waysIn.length > 0 ? closeEmpty(section, `channels.${channelId}`) : [];
  return [...waysIn, ...closed, ...pathsOf(false)];
}

/** Sets the policy of allowlists that have nobody left. Policy and list are inherited apart from each other. */
function closeEmpty(section: Record<string, unknown>, path: string): string[] {
  const changed: string[] = [];
  const isClosing = section["dmPolicy"] === "allowlist" && isEmpty(section["allowFrom"]);
  const accounts = isRecord(section["accounts"]) ? section["accounts"] : {};
  for (const [id, account] of Object.entries(accounts)) {
    if (!isRecord(account) || (account["dmPolicy"] ?? section["dmPolicy"]) !== "allowlist") {
      continue;
    }
    const isOwn = account["dmPolicy"] !== undefined;
    const hasNobody = isEmpty(account["allowFrom"] ?? section["allowFrom"]);
    // What is inherited follows the section, unless the account has people and the section none.
    if (!isOwn && hasNobody === isClosing) continue;
    if (isOwn && !hasNobody) continue;
    account["dmPolicy"] = hasNobody ? "disabled" : "allowlist";
    changed.push(`${path}.accounts.${id}.dmPolicy`);
  }
  if (isClosing) {
    section["dmPolicy"] = "disabled";
    changed.push(`${path}.dmPolicy`);
  }
  return changed;
}

function isEmpty(list: unknown): boolean {
  return !Array.isArray(list) || list.length === 0;
}

/** The host's list of approved senders, for one account. */
export type ApprovedSenders = Pick<
  ChannelRuntime["pairing"],
  "readAllowFromStore" | "removeAllowFromStoreEntry"
>;

/** Takes an id out of the approved senders of these accounts. @returns The accounts that had it. */
export async function withdrawApproval(
  approved: ApprovedSenders,
  options: {
    readonly channelId: string;
    readonly accountIds: readonly string[];
    readonly senderId: string;
    readonly normalize: NormalizeId;
  },
): Promise<string[]> {
  const { channelId, normalize, senderId } = options;
  const withdrawn: string[] = [];
  for (const accountId of options.accountIds) {
    const entries = await approved.readAllowFromStore({ channel: channelId, accountId });
    for (const entry of entries.filter((text) => normalize(text) === senderId)) {
      await approved.removeAllowFromStoreEntry({ channel: channelId, accountId, entry });
      withdrawn.push(accountId);
    }
  }
  return [...new Set(withdrawn)];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
