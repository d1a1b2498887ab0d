import * as kit from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { meshChannel } from "./account-channel.ts";

/** First step of the wizard: whose keys the bot has, see {@link kit.settleIdentity}. */
export function settleIdentity(
  cfg: OpenClawConfig,
  accountId: string,
  io: kit.SetupIo,
): Promise<kit.Configured<kit.SettledIdentity>> {
  return kit.settleIdentity(meshChannel, cfg, accountId, io);
}
