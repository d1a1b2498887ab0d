import { createChatChannelPlugin, type ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { resolveGossipAccount, type ResolvedGossipAccount } from "./accounts.ts";
import { gossipActionsAdapter, gossipAgentPrompt } from "./actions.ts";
import {
  gossipAllowlistAdapter,
  gossipDirectoryAdapter,
  gossipResolverAdapter,
} from "./directory.ts";
import { gossipMessageAdapter, gossipOutboundAdapter } from "./outbound.ts";
import { gossipPairingAdapter } from "./pairing.ts";
import { gossipPluginBase } from "./plugin-base.ts";
import { secretRotation } from "./secret-rotation.ts";
import { gossipStatusAdapter, type GossipProbe } from "./status.ts";

/** The whole channel. What opens the network or a database is loaded when an account starts. */
export const gossipPlugin: ChannelPlugin<ResolvedGossipAccount, GossipProbe> =
  createChatChannelPlugin<ResolvedGossipAccount, GossipProbe>({
    base: {
      ...gossipPluginBase,
      config: {
        ...gossipPluginBase.config,
        isConfigured: async (account) => {
          if (!account.configured) return false;
          await secretRotation.check(account);
          return true;
        },
      },
      directory: gossipDirectoryAdapter,
      resolver: gossipResolverAdapter,
      allowlist: gossipAllowlistAdapter,
      status: gossipStatusAdapter,
      message: gossipMessageAdapter,
      actions: gossipActionsAdapter,
      // There is nothing to log in to: the way in is that people find the bot.
      auth: {
        login: async ({ accountId, cfg, runtime }) => {
          const { printInvite } = await import("./cli-invite.ts");
          await printInvite(cfg, accountId, (line) => runtime.log(line));
        },
      },
      agentPrompt: gossipAgentPrompt,
      gateway: {
        // The host stops the account first. The identity is no login that could be given back: it stays.
        logoutAccount: async () => ({ cleared: false, loggedOut: true }),
        startAccount: async (context) => {
          const { startGossipAccount } = await import("./gateway.ts");
          return await startGossipAccount(context);
        },
        stopAccount: async ({ accountId }) => secretRotation.expectStart(accountId),
      },
    },
    pairing: gossipPairingAdapter,
    outbound: gossipOutboundAdapter,
    threading: {
      scopedAccountReplyToMode: {
        resolveAccount: resolveGossipAccount,
        resolveReplyToMode: ({ replyToMode }) => replyToMode,
      },
    },
  });
