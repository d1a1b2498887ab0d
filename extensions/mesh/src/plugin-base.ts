// The cold half of the plugin: what setup, status lists and target parsing need. Its imports never reach the protocol.
import { createConfigSchema } from "channel-access/cold";
import { createConfigAdapter, createReloadRules, createRouteResolver } from "channel-kit/cold";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import {
  describeNetwork,
  listMeshAccountIds,
  resolveMeshAccount,
  type ResolvedMeshAccount,
} from "./accounts.ts";
import { CHANNEL_ID, meshConfigSchema } from "./config-schema.ts";
import { meshSecurity } from "./security.ts";
import { meshSetupContract } from "./setup.ts";
import { meshSetupWizard } from "./setup-wizard.ts";
import {
  findTarget,
  formatTarget,
  isExactTarget,
  tryParseAllowEntry,
  tryParseTarget,
} from "./targets.ts";
import { meshUiHints } from "./ui-hints.ts";

/** Fields of the section that belong to the account `default`. */
const OWN_FIELDS = ["name", "mnemonic", "listen"];

export const meshPluginBase: ChannelPlugin<ResolvedMeshAccount> = {
  id: CHANNEL_ID,
  meta: {
    id: CHANNEL_ID,
    label: "Mesh",
    selectionLabel: "Mesh (bots among themselves, no server)",
    detailLabel: "Mesh peer",
    docsPath: "/channels/mesh",
    docsLabel: "mesh",
    blurb: "Group channels and encrypted direct messages between bots, peer to peer.",
    order: 87,
    systemImage: "point.3.connected.trianglepath.dotted",
    markdownCapable: false,
  },
  capabilities: {
    chatTypes: ["group", "direct"],
    reply: true,
    media: true,
  },
  // Access rules are read for every message, so a change of them needs no restart.
  reload: createReloadRules(CHANNEL_ID, [
    "dmPolicy",
    "allowFrom",
    "groupPolicy",
    "groupAllowFrom",
    "groups",
    "backlog",
    "turnBudget",
    "loopBudget",
    "botLoopProtection",
    "replyToMode",
    "strings",
  ]),
  config: createConfigAdapter({
    channelId: CHANNEL_ID,
    listAccountIds: listMeshAccountIds,
    resolveAccount: resolveMeshAccount,
    ownFields: OWN_FIELDS,
    tryParseAllowEntry,
    addressOf: describeNetwork,
  }),
  configSchema: createConfigSchema(meshConfigSchema, meshUiHints),
  setupContract: meshSetupContract,
  setupWizard: meshSetupWizard,
  security: meshSecurity,
  doctor: {
    dmAllowFromMode: "topOnly",
    runConfigSequence: async (params) => (await import("./doctor.ts")).runMeshDoctor(params),
  },
  messaging: {
    targetPrefixes: [CHANNEL_ID],
    // An id in base64 with another case is another key.
    targetIdComparison: "case-sensitive",
    normalizeTarget: (raw) => {
      const target = tryParseTarget(raw);
      return target && formatTarget(target.id);
    },
    inferTargetChatType: ({ to }) => tryParseTarget(to)?.kind ?? "group",
    targetResolver: {
      looksLikeId: (raw) => isExactTarget(raw),
      hint: "<peer id: 43 characters, or a channel from channels.mesh.channels>",
      resolveTarget: async ({ accountId, cfg, input }) => {
        const target = findTarget(resolveMeshAccount(cfg, accountId), input);
        if (target === undefined) return null;
        const { id, kind } = target;
        return {
          to: formatTarget(id),
          kind: kind === "direct" ? "user" : "group",
          source: "normalized",
        };
      },
    },
    resolveOutboundSessionRoute: createRouteResolver(CHANNEL_ID, (target, cfg, accountId) => {
      const found = findTarget(resolveMeshAccount(cfg, accountId), target);
      return found && { ...found, to: formatTarget(found.id) };
    }),
  },
};
