// By what of the configuration everybody is heard in conversations of several: the policy, or "*" in a list of people.
import * as z from "zod";
import type { ConfigRules, ConfiguredAccount } from "./doctor-config.ts";

/** One setting that lets everybody in. */
interface Opening {
  /** Whose rules it is in, as `groups` calls it; undefined for all conversations. */
  readonly groupId: string | undefined;
  /** The command that takes it away. */
  readonly fix: string;
}

const ListSchema = z.array(z.union([z.string(), z.number()])).catch([]);
const RulesSchema = z.looseObject({ allowFrom: ListSchema, enabled: z.unknown().optional() });
const GroupsSchema = z.record(z.string(), RulesSchema).catch({});
type Groups = z.infer<typeof GroupsSchema>;

/** Every setting by which an account hears everybody, of what it inherits too. None of an account that hears nobody. Pure. */
export function findOpenings(
  { channelId, tryParseAllowEntry }: Pick<ConfigRules, "channelId" | "tryParseAllowEntry">,
  account: ConfiguredAccount,
): Opening[] {
  const { merged, path } = account;
  const { groupPolicy } = merged;
  if (groupPolicy === "disabled") return [];
  const listIn = (list: unknown, at: string, groupId: string | undefined): Opening[] =>
    ListSchema.parse(list).flatMap((entry, index) =>
      tryParseAllowEntry(entry) === "*"
        ? [{ groupId, fix: `openclaw config unset '${at}[${index}]'` }]
        : [],
    );
  const groups = GroupsSchema.parse(merged["groups"]);
  const heard = Object.entries(groups).filter(([id]) => isHeard(groups, id));
  return [
    ...(groupPolicy === "open"
      ? [{ groupId: undefined, fix: `openclaw config set ${path}.groupPolicy allowlist` }]
      : []),
    ...listIn(
      merged["groupAllowFrom"],
      `${placeOf(channelId, account, "groupAllowFrom")}.groupAllowFrom`,
      undefined,
    ),
    ...heard.flatMap(([id, { allowFrom }]) =>
      listIn(allowFrom, `${placeOf(channelId, account, "groups")}.groups.${id}.allowFrom`, id),
    ),
  ];
}

/** Where a field that holds for an account is written: in its own part, or in the section that it inherits from. */
export function placeOf(
  channelId: string,
  { own, path }: Pick<ConfiguredAccount, "own" | "path">,
  field: string,
): string {
  return own[field] === undefined ? `channels.${channelId}` : path;
}

/** What `*` says holds where a conversation says nothing itself. */
function isHeard(groups: Groups, id: string): boolean {
  const isOff = (rules: Groups[string] | undefined): boolean => rules?.enabled === false;
  if (id !== "*") return (groups[id]?.enabled ?? groups["*"]?.enabled) !== false;
  return !isOff(groups["*"]) || Object.values(groups).some(({ enabled }) => enabled === true);
}
