import { buildDmGroupAccountAllowlistAdapter } from "openclaw/plugin-sdk/allowlist-config-edit";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import type { AccountChannel, ChannelAccount } from "./account-channel.ts";

interface GroupAccount extends ChannelAccount {
  readonly dmPolicy: string;
  readonly allowFrom: readonly string[];
  readonly groupPolicy: string;
  readonly groupAllowFrom: readonly string[];
}

/** The host's `/allowlist` command, in a channel with groups. */
export function createAllowlistAdapter<TAccount extends GroupAccount>(
  { id, resolveAccount }: Pick<AccountChannel<TAccount>, "id" | "resolveAccount">,
  tryParseAllowEntry: (entry: string | number) => string | undefined,
): NonNullable<ChannelPlugin<TAccount>["allowlist"]> {
  return buildDmGroupAccountAllowlistAdapter<TAccount>({
    channelId: id,
    resolveAccount: ({ accountId, cfg }) => resolveAccount(cfg, accountId),
    normalize: ({ values }) =>
      values.map((value) => tryParseAllowEntry(value)).filter((entry) => entry !== undefined),
    resolveDmAllowFrom: ({ allowFrom }) => [...allowFrom],
    resolveGroupAllowFrom: ({ groupAllowFrom }) => [...groupAllowFrom],
    resolveDmPolicy: ({ dmPolicy }) => dmPolicy,
    resolveGroupPolicy: ({ groupPolicy }) => groupPolicy,
  });
}
