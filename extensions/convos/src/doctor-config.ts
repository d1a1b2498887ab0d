import * as kit from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import * as z from "zod";
import { CHANNEL_ID } from "./config-schema.ts";
import { tryParseAllowEntry } from "./targets.ts";

const GroupsSchema = z.record(z.string(), z.looseObject({ allowFrom: z.unknown().optional() }));
const NetworkSchema = z.looseObject({
  env: z.string().default("production"),
  apiUrl: z.string().default(""),
});

/** Nodes of XMTP itself say in their name which network they are of. */
const OFFICIAL_NODE = /\b(dev|production)\.xmtp\.network\b/i;

const RULES: kit.ConfigRules = {
  channelId: CHANNEL_ID,
  secrets: [
    {
      key: "mnemonic",
      finding: "plaintext-mnemonic-in-config",
      what: "the recovery phrase in clear; whoever reads the configuration is the agent.",
      variable: "CONVOS_MNEMONIC",
    },
    {
      key: "privateKey",
      finding: "plaintext-key-in-config",
      what: "a key in clear; whoever reads the configuration is the agent in the owner conversation.",
      variable: "CONVOS_PRIVATE_KEY",
    },
  ],
  address: { key: "apiUrl", finding: "node-tls" },
  listsOf: ({ allowFrom, groupAllowFrom, groups }) => [
    ["allowFrom", allowFrom],
    ["groupAllowFrom", groupAllowFrom],
    ...Object.entries(GroupsSchema.safeParse(groups).data ?? {}).map(
      ([id, rules]) => [`groups.${id}.allowFrom`, rules.allowFrom] as const,
    ),
  ],
  entryKind: "inbox ids (openclaw convos members shows them)",
  tryParseAllowEntry,
  inspectMore: (account, note) => {
    inspectNetwork(account, note);
    inspectPolicy(account, note);
  },
};

/** Findings that the configuration alone shows, see {@link kit.inspectConfig}. */
export function inspectConfig(cfg: OpenClawConfig): kit.Finding[] {
  return kit.inspectConfig(RULES, cfg);
}

/** A conversation is on one network; on another there is nothing to be found of it. */
function inspectNetwork({ merged, path }: kit.ConfiguredAccount, note: kit.NoteFinding): void {
  const parsed = NetworkSchema.safeParse(merged);
  if (!parsed.success) return;
  const { apiUrl, env } = parsed.data;
  const network = OFFICIAL_NODE.exec(apiUrl)?.[1]?.toLowerCase();
  if (network === undefined || network === env) return;
  note(
    "env-mismatch",
    `the account is on the ${env} network, but its node is one of ${network}; no conversation is found there.`,
    `openclaw config set ${path}.env ${network}, or openclaw config unset ${path}.apiUrl`,
  );
}

/** An invite makes new members, so who is a member is nobody's decision. In the owner conversation no list counts. */
function inspectPolicy(account: kit.ConfiguredAccount, note: kit.NoteFinding): void {
  for (const { fix, groupId } of kit.findOpenings(RULES, account)) {
    if (groupId !== undefined && groupId === account.own["ownerConversationId"]) continue;
    const where =
      groupId === undefined || groupId === "*" ? "every conversation" : "a conversation";
    note(
      "open-to-members",
      `every member of ${where} may use the agent, and each invite makes new members.`,
      fix,
    );
  }
}
