// What the host must have in its configuration so that somebody is the owner: a right to command, and a way in.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveMeshAccount } from "./accounts.ts";
import { patchAccount } from "./account-patch.ts";
import { formatTarget, tryParsePeerId } from "./targets.ts";

/** Peers among the owners whom OpenClaw's configuration names (`commands.ownerAllowFrom`), as canonical ids. */
export function listMeshOwners(cfg: OpenClawConfig): string[] {
  const ids = (cfg.commands?.ownerAllowFrom ?? []).map((entry) => tryParsePeerId(String(entry)));
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
export function grantOwner(cfg: OpenClawConfig, accountId: string, peerId: string): OpenClawConfig {
  const account = resolveMeshAccount(cfg, accountId);
  const owners = (cfg.commands?.ownerAllowFrom ?? []).map(String);
  const entry = formatTarget(peerId);
  const next = owners.includes(entry)
    ? cfg
    : { ...cfg, commands: { ...cfg.commands, ownerAllowFrom: [...owners, entry] } };
  if (account.dmPolicy === "disabled") {
    // A list from earlier days lay idle behind the closed door; opening it is not what was asked for.
    return patchAccount(next, accountId, { dmPolicy: "allowlist", allowFrom: [peerId] });
  }
  return account.allowFrom.includes(peerId)
    ? next
    : patchAccount(next, accountId, { allowFrom: [...account.allowFrom, peerId] });
}
