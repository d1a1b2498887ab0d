import { createChatChannelPlugin, type ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { resolveMeshAccount, type ResolvedMeshAccount } from "./accounts.ts";
import { meshActionsAdapter, meshAgentPrompt } from "./actions.ts";
import { meshAllowlistAdapter, meshDirectoryAdapter, meshResolverAdapter } from "./directory.ts";
import { meshMessageAdapter, meshOutboundAdapter, meshThreadingAdapter } from "./outbound.ts";
import { meshPairingAdapter } from "./pairing.ts";
import { meshPluginBase } from "./plugin-base.ts";
import { secretRotation } from "./secret-rotation.ts";
import { meshStatusAdapter, type MeshProbe } from "./status.ts";
import { resolveToolPolicy } from "./tool-policy.ts";

/** The whole channel. What opens the network or a database is loaded when an account starts. */
export const meshPlugin: ChannelPlugin<ResolvedMeshAccount, MeshProbe> = createChatChannelPlugin<
  ResolvedMeshAccount,
  MeshProbe
>({
  base: {
    ...meshPluginBase,
    config: {
      ...meshPluginBase.config,
      isConfigured: async (account) => {
        if (!account.configured) return false;
        await secretRotation.check(account);
        return true;
      },
    },
    directory: meshDirectoryAdapter,
    resolver: meshResolverAdapter,
    allowlist: meshAllowlistAdapter,
    // There is nothing to log in to: the key is the account.
    auth: {
      login: async ({ accountId, cfg, runtime }) => {
        const { printPeerId } = await import("./print-peer-id.ts");
        await printPeerId(cfg, accountId, (line) => runtime.log(line));
      },
    },
    status: meshStatusAdapter,
    message: meshMessageAdapter,
    actions: meshActionsAdapter,
    agentPrompt: meshAgentPrompt,
    groups: { resolveToolPolicy },
    // Approved is not owner: the host's commands are the owner's.
    commands: { enforceOwnerForCommands: true },
    gateway: {
      // The host stops the account first. The identity is no login that could be given back: it stays.
      logoutAccount: async () => ({ cleared: false, loggedOut: true }),
      startAccount: async (context) => {
        const { startMeshAccount } = await import("./gateway.ts");
        return await startMeshAccount(context);
      },
      stopAccount: async ({ accountId }) => secretRotation.expectStart(accountId),
    },
  },
  pairing: meshPairingAdapter,
  outbound: meshOutboundAdapter,
  threading: {
    ...meshThreadingAdapter,
    resolveReplyToMode: ({ cfg, accountId }) => resolveMeshAccount(cfg, accountId).replyToMode,
  },
});
