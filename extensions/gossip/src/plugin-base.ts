// The cold half of the plugin: what setup, status lists and target parsing need. Its imports never reach the protocol.
import { createConfigSchema } from "channel-access/cold";
import { createConfigAdapter, createReloadRules, createRouteResolver } from "channel-kit/cold";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import {
  listGossipAccountIds,
  resolveGossipAccount,
  type ResolvedGossipAccount,
} from "./accounts.ts";
import { CHANNEL_ID, gossipConfigSchema, gossipUiHints } from "./config-schema.ts";
import { listContacts, resolvePerson } from "./contact-labels.ts";
import { gossipSecurity } from "./security.ts";
import { gossipSetupContract } from "./setup.ts";
import { gossipSetupWizard } from "./setup-wizard.ts";
import { formatGossipTarget, tryParseAllowEntry, tryParseGossipId } from "./targets.ts";

/** Fields of the section that belong to the account `default`. */
const OWN_FIELDS = ["name", "mnemonic", "username"];

export const gossipPluginBase: ChannelPlugin<ResolvedGossipAccount> = {
  id: CHANNEL_ID,
  meta: {
    id: CHANNEL_ID,
    label: "Gossip",
    selectionLabel: "Gossip (encrypted DM, no phone number)",
    detailLabel: "Gossip bot",
    docsPath: "/channels/gossip",
    docsLabel: "gossip",
    blurb: "Decentralized direct messages with post-quantum end-to-end encryption.",
    order: 85,
    systemImage: "lock.shield",
    markdownCapable: false,
  },
  capabilities: {
    chatTypes: ["direct"],
    reply: true,
    reactions: true,
    edit: true,
    unsend: true,
    media: false,
  },
  // Access rules are read for every message, so a change of them needs no restart.
  reload: createReloadRules(CHANNEL_ID, [
    "dmPolicy",
    "allowFrom",
    "autoAccept",
    "backlog",
    "turnBudget",
    "ackReaction",
    "replyToMode",
    "contacts",
    "strings",
  ]),
  config: createConfigAdapter({
    channelId: CHANNEL_ID,
    listAccountIds: listGossipAccountIds,
    resolveAccount: resolveGossipAccount,
    ownFields: OWN_FIELDS,
    tryParseAllowEntry,
    addressOf: (account) => account.protocolUrl,
  }),
  configSchema: createConfigSchema(gossipConfigSchema, gossipUiHints),
  setupContract: gossipSetupContract,
  setupWizard: gossipSetupWizard,
  security: gossipSecurity,
  doctor: {
    dmAllowFromMode: "topOnly",
    runConfigSequence: async (params) => (await import("./doctor.ts")).runGossipDoctor(params),
  },
  messaging: {
    targetPrefixes: [CHANNEL_ID],
    targetIdComparison: "lowercase",
    normalizeTarget: (raw) => {
      const id = tryParseGossipId(raw);
      return id === undefined ? undefined : formatGossipTarget(id);
    },
    inferTargetChatType: () => "direct",
    targetResolver: {
      looksLikeId: (raw) => tryParseGossipId(raw) !== undefined,
      hint: "<gossip user id, or a name from channels.gossip.contacts>",
      resolveTarget: async ({ accountId, cfg, input }) => {
        const found = resolvePerson(listContacts(resolveGossipAccount(cfg, accountId)), input);
        if ("problem" in found) return null;
        const { id, label } = found;
        return {
          to: formatGossipTarget(id),
          kind: "user",
          source: "normalized",
          ...(label === undefined ? {} : { display: label }),
        };
      },
    },
    resolveOutboundSessionRoute: createRouteResolver(CHANNEL_ID, (target) => {
      const id = tryParseGossipId(target);
      return id === undefined ? undefined : { id, kind: "direct", to: formatGossipTarget(id) };
    }),
  },
};
