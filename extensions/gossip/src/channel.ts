import { createChatChannelPlugin, type ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { resolveGossipAccount, type ResolvedGossipAccount } from "./accounts.ts";
import { gossipActionsAdapter, gossipAgentPrompt } from "./actions.ts";
import { gossipMessageAdapter, gossipOutboundAdapter } from "./outbound.ts";
import { gossipPairingAdapter } from "./pairing.ts";
import { gossipPluginBase } from "./plugin-base.ts";
import { gossipStatusAdapter, type GossipProbe } from "./status.ts";

/** The whole channel. What opens the network or a database is loaded when an account starts. */
export const gossipPlugin: ChannelPlugin<ResolvedGossipAccount, GossipProbe> =
  createChatChannelPlugin<ResolvedGossipAccount, GossipProbe>({
    base: {
      ...gossipPluginBase,
      status: gossipStatusAdapter,
      message: gossipMessageAdapter,
      actions: gossipActionsAdapter,
      agentPrompt: gossipAgentPrompt,
      gateway: {
        startAccount: async (context) => {
          const { startGossipAccount } = await import("./gateway.ts");
          return await startGossipAccount(context);
        },
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
