// Findings that the configuration alone shows. It is read as it was written: what the schema refuses is named here too.
import type { Finding } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import * as z from "zod";
import { CHANNEL_ID } from "./config-schema.ts";
import { tryParseAllowEntry } from "./targets.ts";

const ListSchema = z.array(z.union([z.string(), z.number()])).optional();
const AccountSchema = z.looseObject({
  mnemonic: z.unknown().optional(),
  privateKey: z.unknown().optional(),
  env: z.string().optional(),
  apiUrl: z.string().optional(),
  allowFrom: ListSchema,
  groupPolicy: z.string().optional(),
  groupAllowFrom: ListSchema,
  groups: z.record(z.string(), z.looseObject({ allowFrom: ListSchema })).optional(),
});
const SectionSchema = AccountSchema.extend({
  accounts: z.record(z.string(), AccountSchema).optional(),
});
type Account = z.infer<typeof AccountSchema>;

/** Secrets of an account, and how the host's store may call them. */
const SECRETS = [
  {
    key: "mnemonic",
    id: "convos.plaintext-mnemonic-in-config",
    what: "the recovery phrase in clear; whoever reads the configuration is the agent.",
    variable: "CONVOS_MNEMONIC",
  },
  {
    key: "privateKey",
    id: "convos.plaintext-key-in-config",
    what: "a key in clear; whoever reads the configuration is the agent in the owner conversation.",
    variable: "CONVOS_PRIVATE_KEY",
  },
] as const;

/** Nodes of XMTP itself say in their name which network they are of. */
const OFFICIAL_NODE = /\b(dev|production)\.xmtp\.network\b/i;

export function inspectConfig(cfg: OpenClawConfig): Finding[] {
  const parsed = SectionSchema.safeParse(cfg.channels?.[CHANNEL_ID] ?? {});
  if (!parsed.success) return [];
  const { accounts = {}, ...root } = parsed.data;
  return [
    ...inspectAccount("default", `channels.${CHANNEL_ID}`, root, root),
    ...Object.entries(accounts).flatMap(([id, own]) => {
      const path = `channels.${CHANNEL_ID}.accounts.${id}`;
      return inspectAccount(id, path, own, { ...root, ...own });
    }),
  ];
}

/** @param own - What stands at `path`. @param merged - With what is inherited. */
function inspectAccount(accountId: string, path: string, own: Account, merged: Account): Finding[] {
  return [
    ...inspectSecrets(accountId, path, own),
    ...inspectLists(accountId, path, own),
    ...inspectNetwork(accountId, path, merged),
    ...inspectPolicy(accountId, path, own),
  ];
}

function inspectSecrets(accountId: string, path: string, own: Account): Finding[] {
  return SECRETS.filter(({ key }) => isPlaintext(own[key])).map(({ id, key, variable, what }) => ({
    id,
    accountId,
    message: `${path}.${key} holds ${what}`,
    fix:
      `openclaw secrets store set ${variable} --kind secret, then openclaw config set ${path}.${key} ` +
      `--ref-provider default --ref-source store --ref-id ${variable}`,
  }));
}

function inspectLists(accountId: string, path: string, own: Account): Finding[] {
  const lists: readonly (readonly [string, Account["allowFrom"]])[] = [
    ["allowFrom", own.allowFrom],
    ["groupAllowFrom", own.groupAllowFrom],
    ...Object.entries(own.groups ?? {}).map(
      ([id, rules]) => [`groups.${id}.allowFrom`, rules.allowFrom] as const,
    ),
  ];
  return lists.flatMap(([key, entries = []]) => {
    const wrong = entries.filter((entry) => tryParseAllowEntry(entry) === undefined).length;
    if (wrong === 0) return [];
    return [
      {
        id: "convos.allowlist-invalid" as const,
        accountId,
        message: `${wrong} entries of ${path}.${key} are no inbox ids and let nobody in.`,
        fix: "openclaw convos members, which shows them, then correct the list",
      },
    ];
  });
}

/** A conversation is on one network; on another there is nothing to be found of it. */
function inspectNetwork(
  accountId: string,
  path: string,
  { apiUrl = "", env = "production" }: Account,
): Finding[] {
  const [, network] = OFFICIAL_NODE.exec(apiUrl) ?? [];
  if (network === undefined || network.toLowerCase() === env) return [];
  return [
    {
      id: "convos.env-mismatch",
      accountId,
      message: `the account is on the ${env} network, but its node is one of ${network}; no conversation is found there.`,
      fix: `openclaw config set ${path}.env ${network.toLowerCase()}, or openclaw config unset ${path}.apiUrl`,
    },
  ];
}

function inspectPolicy(accountId: string, path: string, own: Account): Finding[] {
  if (own.groupPolicy !== "open") return [];
  return [
    {
      id: "convos.open-to-members",
      accountId,
      message:
        "every member of every conversation may use the agent, and each invite makes new members.",
      fix: `openclaw config set ${path}.groupPolicy allowlist`,
    },
  ];
}

/** A text that is neither empty nor the name of an environment variable. */
function isPlaintext(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "" && !/^\$\{\w+\}$/.test(value.trim());
}
