// What the host must have in its configuration so that somebody is the owner: a right to command, and a way in.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveGossipAccount } from "./accounts.ts";
import { patchAccount } from "./account-patch.ts";
import { formatGossipTarget, tryParseGossipId } from "./targets.ts";

/** Gossip users among the owners whom OpenClaw's configuration names (`commands.ownerAllowFrom`), as canonical ids. */
export function listGossipOwners(cfg: OpenClawConfig): string[] {
  const ids = (cfg.commands?.ownerAllowFrom ?? []).map((entry) => tryParseGossipId(String(entry)));
  return [...new Set(ids.filter((id) => id !== undefined))];
}

/**
 * Whether anybody at all owns this OpenClaw, through whatever channel. The host takes `*` for nobody, and while nobody does
 * makes the first sender owner whom `openclaw pairing approve` lets in.
 */
export function hasOwner(cfg: OpenClawConfig): boolean {
  return (cfg.commands?.ownerAllowFrom ?? [])
    .map((entry) => String(entry).trim())
    .some((entry) => entry !== "" && entry !== "*" && !entry.endsWith(":*"));
}

/**
 * Adds a person to the host's list of owners and to the account's allowlist; everything else stays. Where nobody may
 * write, the policy becomes `allowlist` for him alone: an owner that is not heard would be none.
 */
export function grantOwner(cfg: OpenClawConfig, accountId: string, userId: string): OpenClawConfig {
  const account = resolveGossipAccount(cfg, accountId);
  const owners = (cfg.commands?.ownerAllowFrom ?? []).map(String);
  const entry = formatGossipTarget(userId);
  const next = owners.includes(entry)
    ? cfg
    : { ...cfg, commands: { ...cfg.commands, ownerAllowFrom: [...owners, entry] } };
  if (account.dmPolicy === "disabled") {
    // A list from earlier days lay idle behind the closed door; opening it is not what was asked for.
    return patchAccount(next, accountId, { dmPolicy: "allowlist", allowFrom: [userId] });
  }
  return account.allowFrom.includes(userId)
    ? next
    : patchAccount(next, accountId, { allowFrom: [...account.allowFrom, userId] });
}
