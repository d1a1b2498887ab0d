import * as kit from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import * as z from "zod";
import { CHANNEL_ID } from "./config-schema.ts";
import { tryParseAllowEntry } from "./targets.ts";

const GroupsSchema = z.record(
  z.string(),
  z.looseObject({ allowFrom: z.unknown().optional(), requireMention: z.unknown().optional() }),
);
const ListenSchema = z.looseObject({ host: z.string().optional() });

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i;

const RULES: kit.ConfigRules = {
  channelId: CHANNEL_ID,
  secrets: [
    {
      key: "mnemonic",
      finding: "plaintext-mnemonic-in-config",
      what: "the recovery phrase in clear; whoever reads the configuration is the bot.",
      variable: "MESH_MNEMONIC",
    },
  ],
  address: { key: "bootstrapUrl", finding: "list-tls" },
  listsOf: ({ allowFrom, groupAllowFrom, groups }) => [
    ["allowFrom", allowFrom],
    ["groupAllowFrom", groupAllowFrom],
    ...Object.entries(GroupsSchema.safeParse(groups).data ?? {}).map(
      ([id, rules]) => [`groups.${id}.allowFrom`, rules.allowFrom] as const,
    ),
  ],
  entryKind: "peer ids of 43 characters",
  tryParseAllowEntry,
  inspectMore: (account, note) => {
    inspectList(account, note);
    inspectOpenness(account, note);
    inspectPlainPeers(account, note);
    inspectListening(account, note);
  },
};

/** Findings that the configuration alone shows, see {@link kit.inspectConfig}. */
export function inspectConfig(cfg: OpenClawConfig): kit.Finding[] {
  return kit.inspectConfig(RULES, cfg);
}

/** Whoever has the list's server chooses whom we talk with, and can leave everybody else out. */
function inspectList({ merged, own, path }: kit.ConfiguredAccount, note: kit.NoteFinding): void {
  if (own["bootstrapUrl"] === undefined || merged["bootstrapSigner"] !== undefined) return;
  note(
    "list-unsigned",
    "the list of peers counts without a signature: whoever serves it chooses the neighbors.",
    `openclaw config set ${path}.bootstrapSigner PEER_ID`,
  );
}

/** Anybody can make a key, so an open channel is open to the whole mesh. */
function inspectOpenness(account: kit.ConfiguredAccount, note: kit.NoteFinding): void {
  const { merged, path } = account;
  const openings = kit.findOpenings(RULES, account);
  for (const { fix, groupId } of openings) {
    const where = groupId === undefined || groupId === "*" ? "the channels" : "a channel";
    note(
      "open-to-strangers",
      `every peer of the mesh may use the agent in ${where}, and anybody can make new peers.`,
      fix,
    );
  }
  const groups = GroupsSchema.safeParse(merged["groups"]).data ?? {};
  for (const [id, { requireMention }] of Object.entries(groups)) {
    const isOpen = openings.some(
      ({ groupId = "*" }) => groupId === "*" || holdsIn(groups, id, groupId),
    );
    if (requireMention !== false || !isOpen) continue;
    note(
      "unmentioned-strangers",
      `every message of anybody in ${id === "*" ? "all channels" : "a channel"} starts the agent, without calling it.`,
      `openclaw config set '${kit.placeOf(CHANNEL_ID, account, "groups")}.groups.${id}.requireMention' true`,
    );
  }
  // A list is of peers, who sign: what nobody has signed is heard under the open policy alone.
  if (merged["groupPolicy"] === "open" && merged["allowUnverified"] === true) {
    note(
      "unverified-heard",
      "messages that nobody has signed reach the agent.",
      `openclaw config set ${path}.allowUnverified false`,
    );
  }
}

/** Whether what these rules say about mentions holds in that channel: its own word comes first. */
function holdsIn(groups: z.infer<typeof GroupsSchema>, rulesId: string, channel: string): boolean {
  return rulesId === channel || (rulesId === "*" && groups[channel]?.requireMention === undefined);
}

function inspectPlainPeers({ own, path }: kit.ConfiguredAccount, note: kit.NoteFinding): void {
  const plainPeers = own["plainPeers"];
  if (!Array.isArray(plainPeers) || plainPeers.length === 0) return;
  note(
    "plain-direct",
    `direct messages to ${plainPeers.length} peers go out in plain text: every relay on the way can read them.`,
    `openclaw config unset ${path}.plainPeers`,
  );
}

function inspectListening({ own, path }: kit.ConfiguredAccount, note: kit.NoteFinding): void {
  const parsed = ListenSchema.safeParse(own["listen"]);
  if (!parsed.success || LOOPBACK.test(parsed.data.host ?? "127.0.0.1")) return;
  note(
    "listens-to-all",
    "other machines can dial in; the peer keeps within its limits, and relays what they want.",
    `openclaw config unset ${path}.listen, unless this is a relay`,
  );
}
