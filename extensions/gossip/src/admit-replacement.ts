// Who takes the place of somebody that a pairing code let in: the host lets nobody but itself write approvals, so he is listed.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { CHANNEL_ID } from "./config-schema.ts";
import { tryParseGossipId } from "./targets.ts";

const DEFAULT = "default";

/**
 * Lists an id in these accounts, and in no other.
 *
 * @param draft - The configuration, which is changed.
 * @returns The paths of the lists that it stands on now and did not before.
 */
export function admitReplacement(
  draft: OpenClawConfig,
  accountIds: readonly string[],
  id: string,
): string[] {
  const section: unknown = draft.channels?.[CHANNEL_ID];
  if (!isRecord(section)) return [];
  const paths: string[] = [];
  for (const accountId of accountIds) {
    const [holder, path] = holderOf(section, accountId) ?? [];
    if (holder === undefined) continue;
    // A list of its own hides the section's: what was inherited stays valid.
    const list = holder["allowFrom"] ?? section["allowFrom"] ?? [];
    const entries = Array.isArray(list) ? list.map(String) : [];
    if (entries.some((entry) => tryParseGossipId(entry) === id)) continue;
    holder["allowFrom"] = [...entries, id];
    paths.push(`channels.${CHANNEL_ID}${path}.allowFrom`);
  }
  return paths;
}

/** Where the list of an account belongs; undefined for an account that is not configured. */
function holderOf(
  section: Record<string, unknown>,
  accountId: string,
): [holder: Record<string, unknown>, path: string] | undefined {
  const accounts = isRecord(section["accounts"]) ? section["accounts"] : {};
  const own = accounts[accountId];
  const path = `.accounts.${accountId}`;
  if (isRecord(own)) return [own, path];
  if (accountId !== DEFAULT) return undefined;
  // The section's list is that of every account without one: there the new id is given nothing.
  if (!Object.values(accounts).some((one) => inheritsList(one))) return [section, ""];
  const made: Record<string, unknown> = {};
  section["accounts"] = { ...accounts, [DEFAULT]: made };
  return [made, path];
}

function inheritsList(account: unknown): boolean {
  return !isRecord(account) || account["allowFrom"] === undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
