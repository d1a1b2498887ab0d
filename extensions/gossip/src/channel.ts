import { createChatChannelPlugin, type ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { resolveGossipAccount, type ResolvedGossipAccount } from "./accounts.ts";
import { gossipActionsAdapter } from "./actions.ts";
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
      gateway: {
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
