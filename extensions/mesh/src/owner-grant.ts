import { grantDirectOwner, listOwners } from "channel-kit/cold";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveMeshAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { formatTarget, tryParsePeerId } from "./targets.ts";

/** Peers among the owners whom OpenClaw's configuration names (`commands.ownerAllowFrom`), as canonical ids. */
export function listMeshOwners(cfg: OpenClawConfig): string[] {
  return listOwners(cfg, tryParsePeerId);
}

/** The configuration with a peer as owner that is heard, see {@link grantDirectOwner}. */
export function grantOwner(
  cfg: OpenClawConfig,
  accountId: string,
  senderId: string,
): OpenClawConfig {
  const account = resolveMeshAccount(cfg, accountId);
  const entry = formatTarget(senderId);
  return grantDirectOwner(CHANNEL_ID, cfg, account, { senderId, entry });
}
