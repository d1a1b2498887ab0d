// Findings that the configuration alone shows. It is read as it was written: what the schema refuses is named here too.
import { tryParseGroupEntry } from "channel-access/cold";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import * as z from "zod";
import type { Finding, NoteFinding } from "./doctor-finding.ts";
import { accountPlace, describeFieldMove } from "./secret-move.ts";

/** A setting that holds a secret and ought to be a reference to one. */
interface SecretField {
  readonly key: string;
  /** End of the finding's id, e.g. `plaintext-mnemonic-in-config`. */
  readonly finding: string;
  /** What it holds and what that costs: "the recovery phrase in clear; whoever reads the configuration is the bot." */
  readonly what: string;
  /** Name under which the account `default` stores it, e.g. `GOSSIP_MNEMONIC`; others add theirs to it. */
  readonly variable: string;
}

/** One account as it was written. */
export interface ConfiguredAccount {
  readonly accountId: string;
  /** Where it stands, e.g. `channels.gossip.accounts.work`. */
  readonly path: string;
  /** What stands there. */
  readonly own: Readonly<Record<string, unknown>>;
  /** With what is inherited from the section. */
  readonly merged: Readonly<Record<string, unknown>>;
}

/** What of a channel's section is looked at. */
export interface ConfigRules {
  readonly channelId: string;
  readonly secrets: readonly SecretField[];
  /** The setting with the network's address, and the end of the id when that is plain http, e.g. `relay-tls`. */
  readonly address: { readonly key: string; readonly finding: string };
  /** Lists of people, each with where it stands in the account. */
  readonly listsOf: (
    own: ConfiguredAccount["own"],
  ) => readonly (readonly [key: string, list: unknown])[];
  /** What an entry of them is, for people: "Gossip user ids". */
  readonly entryKind: string;
  readonly tryParseAllowEntry: (entry: string | number) => string | undefined;
  /** What only this channel has to say of an account. */
  readonly inspectMore?: (account: ConfiguredAccount, note: NoteFinding) => void;
}

const ListSchema = z.array(z.union([z.string(), z.number()]));
const AccountSchema = z.looseObject({
  dmPolicy: z.string().optional(),
  allowFrom: ListSchema.optional(),
});
const SectionSchema = AccountSchema.extend({
  accounts: z.record(z.string(), AccountSchema).optional(),
});
type Account = z.infer<typeof AccountSchema>;

/** Plain http is for this machine only. */
const LOOPBACK = /^http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?:[:/]|$)/i;

/** Looks at every account of the channel. No finding quotes a value of the configuration. */
export function inspectConfig(rules: ConfigRules, cfg: OpenClawConfig): Finding[] {
  const { channelId } = rules;
  const section = `channels.${channelId}`;
  const groups = new Set(Object.keys(cfg.accessGroups ?? {}));
  const parsed = SectionSchema.safeParse(cfg.channels?.[channelId] ?? {});
  if (!parsed.success) return [];
  const { accounts = {}, ...root } = parsed.data;
  return [
    ...inspectAccount(rules, {
      accountId: "default",
      path: section,
      place: section,
      own: root,
      merged: root,
      groups,
    }),
    ...Object.entries(accounts).flatMap(([accountId, own]) =>
      inspectAccount(rules, {
        accountId,
        path: `${section}.accounts.${accountId}`,
        place: accountPlace(section, accountId),
        own,
        merged: { ...root, ...own },
        groups,
      }),
    ),
  ];
}

function inspectAccount(
  rules: ConfigRules,
  account: ConfiguredAccount & {
    readonly merged: Account;
    /** {@link ConfiguredAccount.path} as the host's commands take it. */
    readonly place: string;
    /** Access groups that are defined. */
    readonly groups: ReadonlySet<string>;
  },
): Finding[] {
  const { accountId, groups, merged, own, path, place } = account;
  const findings: Finding[] = [];
  const find: NoteFinding = (what, message, fix) => {
    findings.push({ id: `${rules.channelId}.${what}`, accountId, message, fix });
  };
  for (const { finding, key, variable, what } of rules.secrets) {
    if (!isPlaintext(own[key])) continue;
    find(
      finding,
      `${path}.${key} holds ${what}`,
      describeFieldMove(place, accountId, { key, variable }).join(", then "),
    );
  }
  if ((merged.allowFrom ?? []).map(String).includes("*") && merged.dmPolicy !== "open") {
    find(
      "wildcard-with-pairing",
      `allowFrom has "*" although the policy is ${merged.dmPolicy ?? "pairing"}.`,
      `remove "*" from ${path}.allowFrom, or: openclaw config set ${path}.dmPolicy open`,
    );
  }
  for (const [key, list] of rules.listsOf(own))
    inspectList(rules, `${path}.${key}`, list, groups, find);
  const address = own[rules.address.key];
  if (typeof address === "string" && /^http:/i.test(address) && !LOOPBACK.test(address)) {
    find(
      rules.address.finding,
      `${path}.${rules.address.key} is plain http: everybody on the way sees who writes when.`,
      `openclaw config set ${path}.${rules.address.key} https://...`,
    );
  }
  rules.inspectMore?.(account, find);
  return findings;
}

/** @param groups - Names of the access groups that are defined. */
function inspectList(
  { entryKind, tryParseAllowEntry }: ConfigRules,
  at: string,
  list: unknown,
  groups: ReadonlySet<string>,
  find: NoteFinding,
): void {
  const others = (ListSchema.safeParse(list).data ?? []).filter(
    (entry) => tryParseAllowEntry(entry) === undefined,
  );
  const named = others.map((entry) => tryParseGroupEntry(entry)?.name);
  const wrong = named.filter((name) => name === undefined).length;
  const missing = named.filter((name) => name !== undefined && !groups.has(name)).length;
  if (wrong > 0) {
    find(
      "allowlist-invalid",
      `${wrong} entries of ${at} are no ${entryKind} and let nobody in.`,
      `openclaw config get ${at}, then correct them`,
    );
  }
  if (missing > 0) {
    find(
      "allowlist-invalid",
      `${missing} entries of ${at} name an access group that is not defined, and let nobody in.`,
      `openclaw config get accessGroups, then correct the names in ${at}`,
    );
  }
}

/** A text that is neither empty nor the name of an environment variable. */
function isPlaintext(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "" && !/^\$\{\w+\}$/.test(value.trim());
}
