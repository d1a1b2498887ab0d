import { createChatChannelPlugin, type ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import type { ResolvedGossipAccount } from "./accounts.ts";
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
      status: gossipStatusAdapter,
      message: gossipMessageAdapter,
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
  });
