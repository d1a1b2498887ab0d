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
function inspectOpenness({ merged, path }: kit.ConfiguredAccount, note: kit.NoteFinding): void {
  if (merged["groupPolicy"] !== "open") return;
  note(
    "open-to-strangers",
    "every peer of the mesh may use the agent in the channels, and anybody can make new peers.",
    `openclaw config set ${path}.groupPolicy allowlist`,
  );
  const groups = Object.entries(GroupsSchema.safeParse(merged["groups"]).data ?? {});
  for (const [id, { requireMention }] of groups) {
    if (requireMention !== false) continue;
    note(
      "unmentioned-strangers",
      `every message of anybody in ${id === "*" ? "all channels" : "a channel"} starts the agent, without calling it.`,
      `openclaw config set '${path}.groups.${id}.requireMention' true`,
    );
  }
  if (merged["allowUnverified"] === true) {
    note(
      "unverified-heard",
      "messages that nobody has signed reach the agent.",
      `openclaw config set ${path}.allowUnverified false`,
    );
  }
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
