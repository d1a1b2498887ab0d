// What the host must have in its configuration so that somebody is the owner. The gate reads the same list.
import { addOwner } from "channel-kit/cold";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { patchAccount } from "./account-patch.ts";
import { resolveConvosAccount } from "./accounts.ts";
import { formatOwner } from "./targets.ts";

/** Adds a person to the host's list of owners; everything else stays. An owner that nobody hears would be none. */
export function grantOwner(
  cfg: OpenClawConfig,
  accountId: string,
  inboxId: string,
): OpenClawConfig {
  const next = addOwner(cfg, formatOwner(inboxId));
  return resolveConvosAccount(cfg, accountId).groupPolicy === "disabled"
    ? patchAccount(next, accountId, { groupPolicy: "allowlist", groupAllowFrom: [] })
    : next;
}
