import { createChatChannelPlugin, type ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import type { ResolvedConvosAccount } from "./accounts.ts";
import { convosActionsAdapter, convosAgentPrompt } from "./actions.ts";
import {
  convosAllowlistAdapter,
  convosDirectoryAdapter,
  convosResolverAdapter,
} from "./directory.ts";
import { convosMessageAdapter, convosOutboundAdapter, convosThreadingAdapter } from "./outbound.ts";
import { convosPairingAdapter } from "./pairing.ts";
import { convosPluginBase } from "./plugin-base.ts";
import { secrets } from "./secret-rotation.ts";
import { convosStatusAdapter, type ConvosProbe } from "./status.ts";
import { resolveToolPolicy } from "./tool-policy.ts";

/** The whole channel. What opens the network or a database is loaded when an account starts. */
export const convosPlugin: ChannelPlugin<ResolvedConvosAccount, ConvosProbe> =
  createChatChannelPlugin<ResolvedConvosAccount, ConvosProbe>({
    base: {
      ...convosPluginBase,
      config: {
        ...convosPluginBase.config,
        isConfigured: async (account) => {
          if (!account.configured) return false;
          await secrets.check(account);
          return true;
        },
      },
      directory: convosDirectoryAdapter,
      resolver: convosResolverAdapter,
      allowlist: convosAllowlistAdapter,
      // There is nothing to log in to: the way in is an invite.
      auth: {
        login: async ({ accountId, cfg, runtime }) => {
          const { printWaysIn } = await import("./cli-conversations.ts");
          await printWaysIn(cfg, accountId, (line) => runtime.log(line));
        },
      },
      status: convosStatusAdapter,
      message: convosMessageAdapter,
      actions: convosActionsAdapter,
      agentPrompt: convosAgentPrompt,
      groups: { resolveToolPolicy },
      // Approved is not owner: the host's commands are the owner's.
      commands: { enforceOwnerForCommands: true },
      gateway: {
        // The host stops the account first. Conversations are no login that could be given back: they stay.
        logoutAccount: async () => ({ cleared: false, loggedOut: true }),
        startAccount: async (context) => {
          const { startConvosAccount } = await import("./gateway.ts");
          return await startConvosAccount(context);
        },
        stopAccount: async ({ accountId }) => secrets.expectStart(accountId),
      },
    },
    pairing: convosPairingAdapter,
    outbound: convosOutboundAdapter,
    threading: convosThreadingAdapter,
  });
