// What the host must have in its configuration so that somebody is the owner. The gate reads the same list.
import { addOwner } from "channel-kit/cold";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { patchAccount } from "./account-patch.ts";
import { resolveConvosAccount } from "./accounts.ts";
import { formatOwner, tryParseInboxId } from "./targets.ts";

/**
 * Adds a person to the host's list of owners. An owner that nobody hears would be none: a door that is closed to all is
 * opened for owners. Where people are approved, the account lists him too: by that he is told from an owner whom an
 * approval made.
 */
export function grantOwner(
  cfg: OpenClawConfig,
  accountId: string,
  inboxId: string,
): OpenClawConfig {
  const { allowFrom, dmPolicy, groupPolicy } = resolveConvosAccount(cfg, accountId);
  const isListed = allowFrom.some((entry) => tryParseInboxId(entry) === inboxId);
  const patch = {
    ...(groupPolicy === "disabled" ? { groupPolicy: "allowlist", groupAllowFrom: [] } : {}),
    ...(dmPolicy === "pairing" && !isListed ? { allowFrom: [...allowFrom, inboxId] } : {}),
  };
  const next = addOwner(cfg, formatOwner(inboxId));
  return Object.keys(patch).length === 0 ? next : patchAccount(next, accountId, patch);
}
