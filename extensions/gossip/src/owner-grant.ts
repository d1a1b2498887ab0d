// What the host must have in its configuration so that somebody is the owner: a right to command, and a way in.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveGossipAccount } from "./accounts.ts";
import { patchAccount } from "./account-patch.ts";
import { formatGossipTarget } from "./targets.ts";

/**
 * Adds a person to the host's list of owners and to the account's allowlist; everything else stays. Where nobody may
 * write, the policy becomes `allowlist`: an owner that is not heard would be none.
 */
export function grantOwner(cfg: OpenClawConfig, accountId: string, userId: string): OpenClawConfig {
  const account = resolveGossipAccount(cfg, accountId);
  const owners = (cfg.commands?.ownerAllowFrom ?? []).map(String);
  const entry = formatGossipTarget(userId);
  const next = owners.includes(entry)
    ? cfg
    : { ...cfg, commands: { ...cfg.commands, ownerAllowFrom: [...owners, entry] } };
  return patchAccount(next, accountId, {
    ...(account.dmPolicy === "disabled" ? { dmPolicy: "allowlist" } : {}),
    ...(account.allowFrom.includes(userId) ? {} : { allowFrom: [...account.allowFrom, userId] }),
  });
}
