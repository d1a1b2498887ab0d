import { grantDirectOwner, listOwners } from "channel-kit/cold";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveGossipAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { formatGossipTarget, tryParseGossipId } from "./targets.ts";

/** Gossip users among the owners whom OpenClaw's configuration names (`commands.ownerAllowFrom`), as canonical ids. */
export function listGossipOwners(cfg: OpenClawConfig): string[] {
  return listOwners(cfg, tryParseGossipId);
}

/** The configuration with a person as owner who is heard, see {@link grantDirectOwner}. */
export function grantOwner(
  cfg: OpenClawConfig,
  accountId: string,
  senderId: string,
): OpenClawConfig {
  const account = resolveGossipAccount(cfg, accountId);
  const entry = formatGossipTarget(senderId);
  return grantDirectOwner(CHANNEL_ID, cfg, account, { senderId, entry });
}
