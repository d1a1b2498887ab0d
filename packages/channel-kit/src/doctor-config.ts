// Findings that the configuration alone shows. It is read as it was written: what the schema refuses is named here too.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import * as z from "zod";
import type { Finding } from "./doctor-finding.ts";

/** A setting that holds a secret and ought to be a reference to one. */
export interface SecretField {
  readonly key: string;
  /** In the finding's id, e.g. `plaintext-mnemonic-in-config`. */
  readonly finding: string;
  /** What it is, for people: "the recovery phrase". */
  readonly what: string;
  /** Name under which the proposed command stores it, e.g. `GOSSIP_MNEMONIC`. */
  readonly variable: string;
}

/** What of a channel's section is looked at. */
export interface ConfigRules {
  readonly channelId: string;
  readonly secrets: readonly SecretField[];
  /** The setting with the network's address, and the end of the id when that is plain http, e.g. `relay-tls`. */
  readonly address: { readonly key: string; readonly finding: string };
  /** Settings that list people. */
  readonly lists: readonly string[];
  /** What an entry of them is, for people: "Gossip user ids". */
  readonly entryKind: string;
  readonly tryParseAllowEntry: (entry: string | number) => string | undefined;
}

const AccountSchema = z.looseObject({
  dmPolicy: z.string().optional(),
  allowFrom: z.array(z.union([z.string(), z.number()])).optional(),
});
const SectionSchema = AccountSchema.extend({
  accounts: z.record(z.string(), AccountSchema).optional(),
});
const ListSchema = z.array(z.union([z.string(), z.number()]));
type Account = z.infer<typeof AccountSchema>;

/** Plain http is for this machine only. */
const LOOPBACK = /^http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?:[:/]|$)/i;

/** Looks at every account of the channel. No finding quotes a value of the configuration. */
export function inspectConfig(rules: ConfigRules, cfg: OpenClawConfig): Finding[] {
  const { channelId } = rules;
  const parsed = SectionSchema.safeParse(cfg.channels?.[channelId] ?? {});
  if (!parsed.success) return [];
  const { accounts = {}, ...root } = parsed.data;
  return [
    ...inspectAccount(rules, "default", `channels.${channelId}`, root, root),
    ...Object.entries(accounts).flatMap(([id, own]) => {
      const path = `channels.${channelId}.accounts.${id}`;
      return inspectAccount(rules, id, path, own, { ...root, ...own });
    }),
  ];
}

/** @param own - What stands at `path`. @param merged - With what is inherited. */
function inspectAccount(
  rules: ConfigRules,
  accountId: string,
  path: string,
  own: Account,
  merged: Account,
): Finding[] {
  const findings: Finding[] = [];
  const find = (what: string, message: string, fix: string): void => {
    findings.push({ id: `${rules.channelId}.${what}`, accountId, message, fix });
  };
  for (const { finding, key, variable, what } of rules.secrets) {
    if (!isPlaintext(own[key])) continue;
    find(
      finding,
      `${path}.${key} holds ${what} in clear; whoever reads the configuration is the bot.`,
      `openclaw secrets store set ${variable} --kind secret, then openclaw config set ` +
        `${path}.${key} --ref-provider default --ref-source store --ref-id ${variable}`,
    );
  }
  if ((merged.allowFrom ?? []).map(String).includes("*") && merged.dmPolicy !== "open") {
    find(
      "wildcard-with-pairing",
      `allowFrom has "*" although the policy is ${merged.dmPolicy ?? "pairing"}.`,
      `remove "*" from ${path}.allowFrom, or: openclaw config set ${path}.dmPolicy open`,
    );
  }
  for (const key of rules.lists) {
    const listed = ListSchema.safeParse(own[key]);
    const entries = listed.success ? listed.data : [];
    const wrong = entries.filter((entry) => rules.tryParseAllowEntry(entry) === undefined).length;
    if (wrong === 0) continue;
    find(
      "allowlist-invalid",
      `${wrong} entries of ${path}.${key} are no ${rules.entryKind} and let nobody in.`,
      `openclaw config get ${path}.${key}, then correct them`,
    );
  }
  const address = own[rules.address.key];
  if (typeof address === "string" && /^http:/i.test(address) && !LOOPBACK.test(address)) {
    find(
      rules.address.finding,
      `${path}.${rules.address.key} is plain http: everybody on the way sees who writes when.`,
      `openclaw config set ${path}.${rules.address.key} https://...`,
    );
  }
  return findings;
}

/** A text that is neither empty nor the name of an environment variable. */
function isPlaintext(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "" && !/^\$\{\w+\}$/.test(value.trim());
}
