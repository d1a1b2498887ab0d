// The cold half of the plugin: what setup, status lists and target parsing need. Its imports never reach the protocol.
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { createConfigSchema } from "channel-access/cold";
import { createConfigAdapter, createReloadRules, createRouteResolver } from "channel-kit/cold";
import {
  listConvosAccountIds,
  resolveConvosAccount,
  type ResolvedConvosAccount,
} from "./accounts.ts";
import { CHANNEL_ID, ConvosConfigSchema } from "./config-schema.ts";
import { convosSecurity } from "./security.ts";
import { convosSetupContract } from "./setup.ts";
import { convosSetupWizard } from "./setup-wizard.ts";
import { formatConversationTarget, tryParseAllowEntry, tryParseTarget } from "./targets.ts";
import { convosUiHints } from "./ui-hints.ts";

/** Fields of the section that belong to the account `default`. */
const OWN_FIELDS = ["name", "mnemonic", "privateKey", "ownerConversationId"];

export const convosPluginBase: ChannelPlugin<ResolvedConvosAccount> = {
  id: CHANNEL_ID,
  meta: {
    id: CHANNEL_ID,
    label: "Convos",
    selectionLabel: "Convos (encrypted conversations over XMTP)",
    detailLabel: "Convos agent",
    docsPath: "/channels/convos",
    docsLabel: "convos",
    blurb: "End-to-end encrypted conversations over XMTP, joined by an invite link.",
    order: 86,
    systemImage: "bubble.left.and.bubble.right",
    markdownCapable: false,
  },
  capabilities: {
    chatTypes: ["group", "direct"],
    reply: true,
    reactions: true,
    media: true,
  },
  // Access rules are read for every message, so a change of them needs no restart.
  reload: createReloadRules(CHANNEL_ID, [
    "ownerConversationId",
    "dmPolicy",
    "allowFrom",
    "groupPolicy",
    "groupAllowFrom",
    "groups",
    "turnBudget",
    "ackReaction",
    "strings",
  ]),
  config: createConfigAdapter({
    channelId: CHANNEL_ID,
    listAccountIds: listConvosAccountIds,
    resolveAccount: resolveConvosAccount,
    ownFields: OWN_FIELDS,
    tryParseAllowEntry,
    addressOf: (account) => account.apiUrl ?? account.env,
  }),
  configSchema: createConfigSchema(() => ConvosConfigSchema, convosUiHints),
  setupContract: convosSetupContract,
  setupWizard: convosSetupWizard,
  security: convosSecurity,
  doctor: {
    dmAllowFromMode: "topOnly",
    runConfigSequence: async (params) => (await import("./doctor.ts")).runConvosDoctor(params),
  },
  messaging: {
    targetPrefixes: [CHANNEL_ID],
    targetIdComparison: "lowercase",
    normalizeTarget: (raw) => {
      const target = tryParseTarget(raw);
      return target && formatConversationTarget(target.id, target.kind);
    },
    inferTargetChatType: ({ to }) => tryParseTarget(to)?.kind ?? "group",
    targetResolver: {
      looksLikeId: (raw) => tryParseTarget(raw) !== undefined,
      hint: "<conversation id: 32 hexadecimal characters, see openclaw convos status; dm:<id> for a direct one>",
      resolveTarget: async ({ input }) => {
        const target = tryParseTarget(input);
        if (target === undefined) return null;
        const { id, kind } = target;
        return {
          to: formatConversationTarget(id, kind),
          kind: kind === "direct" ? "user" : "group",
          source: "normalized",
        };
      },
    },
    resolveOutboundSessionRoute: createRouteResolver(CHANNEL_ID, (target) => {
      const found = tryParseTarget(target);
      return found && { ...found, to: formatConversationTarget(found.id, found.kind) };
    }),
  },
};
