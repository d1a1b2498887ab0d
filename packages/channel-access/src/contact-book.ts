// Who may write, by name, and how to close the door on one person everywhere at once. A lost phone is in up to three places:
// the allowlists of the configuration, the host's list of approved senders, and its list of owners.
import type { ChannelRuntime } from "./runtime.ts";

/** Where an id has its access from. */
export type ContactSource = "allowFrom" | "pairing" | "owner";

export interface KnownContact {
  readonly senderId: string;
  readonly sources: readonly ContactSource[];
}

/** One account's three places, as they are now. Entries are as people wrote them. */
export interface AccessPlaces {
  readonly allowFrom: readonly string[];
  readonly approved: readonly string[];
  readonly owners: readonly string[];
}

/** The channel's own idea of an id: undefined for what is none, e.g. `*`. */
export type NormalizeId = (text: string) => string | undefined;

/** Everybody who may write to one account, in the order of the places. */
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
  add(places.approved, "pairing");
  add(places.owners, "owner");
  return [...found].map(([senderId, sources]) => ({ senderId, sources }));
}

/** The part of a configuration that lists people. Fields that are not there stay away. */
interface ListsHolder {
  commands?: { ownerAllowFrom?: unknown };
  channels?: Record<string, unknown>;
}

/**
 * Takes an id out of every list of a configuration, in place: the channel's own, those of all its accounts, and the
 * owners'. With `replacement`, that id stands where the old one stood.
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
  const changed: string[] = [];
  const rewrite = (list: unknown, write: (next: string) => string): unknown[] | undefined => {
    if (!Array.isArray(list) || !list.some((entry) => normalize(String(entry)) === senderId)) {
      return undefined;
    }
    const kept = list.filter((entry) => normalize(String(entry)) !== senderId);
    if (replacement === undefined) return kept;
    const others = kept.filter((entry) => normalize(String(entry)) !== replacement);
    return [...others, write(replacement)];
  };
  const visit = (holder: unknown, path: string): void => {
    if (!isRecord(holder)) return;
    const next = rewrite(holder["allowFrom"], (id) => id);
    if (next === undefined) return;
    holder["allowFrom"] = next;
    changed.push(`${path}.allowFrom`);
  };
  const section = config.channels?.[channelId];
  const sectionPath = `channels.${channelId}`;
  visit(section, sectionPath);
  const accounts = isRecord(section) ? section["accounts"] : undefined;
  for (const [id, account] of Object.entries(isRecord(accounts) ? accounts : {})) {
    visit(account, `${sectionPath}.accounts.${id}`);
  }
  if (isRecord(section) && changed.length > 0) changed.push(...closeEmpty(section, sectionPath));
  // Owners of other channels stand in the same list; only entries with this channel's prefix, or bare ids of it, match.
  const owners = rewrite(config.commands?.ownerAllowFrom, (id) => `${channelId}:${id}`);
  if (owners !== undefined && config.commands !== undefined) {
    config.commands.ownerAllowFrom = owners;
    changed.push("commands.ownerAllowFrom");
  }
  return changed;
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
