// What the host must have in its configuration so that somebody is the owner: a right to command, and a way in.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { patchAccount } from "./account-patch.ts";

/** A person as owner. */
export interface NewOwner {
  /** As the account's allowlist has him. */
  readonly senderId: string;
  /** As the host's list of owners has him, e.g. `gossip:gossip1…`. */
  readonly entry: string;
}

/** The owners in `commands.ownerAllowFrom` whom a channel knows, each once. */
export function listOwners(
  cfg: OpenClawConfig,
  tryParse: (entry: string) => string | undefined,
): string[] {
  const ids = (cfg.commands?.ownerAllowFrom ?? []).map((entry) => tryParse(String(entry)));
  return [...new Set(ids.filter((id) => id !== undefined))];
}

/**
 * Whether anybody at all owns this OpenClaw, through whatever channel. The host takes `*` for nobody, and while nobody does
 * makes the first sender owner whom `openclaw pairing approve` lets in.
 */
export function isOwned(cfg: OpenClawConfig): boolean {
  return (cfg.commands?.ownerAllowFrom ?? [])
    .map((entry) => String(entry).trim())
    .some((entry) => entry !== "" && entry !== "*" && !entry.endsWith(":*"));
}

/** Adds an entry to the host's list of owners; everything else stays. */
export function addOwner(cfg: OpenClawConfig, entry: string): OpenClawConfig {
  const owners = (cfg.commands?.ownerAllowFrom ?? []).map(String);
  if (owners.includes(entry)) return cfg;
  return { ...cfg, commands: { ...cfg.commands, ownerAllowFrom: [...owners, entry] } };
}

/**
 * Adds a person to the host's list of owners and to the account's allowlist; everything else stays. Where nobody may
 * write, the policy becomes `allowlist` for him alone: an owner that is not heard would be none.
 *
 * @param account - As it is in `cfg`.
 */
export function grantDirectOwner(
  channelId: string,
  cfg: OpenClawConfig,
  account: {
    readonly accountId: string;
    readonly dmPolicy: string;
    readonly allowFrom: readonly string[];
  },
  { entry, senderId }: NewOwner,
): OpenClawConfig {
  const { accountId, allowFrom, dmPolicy } = account;
  const next = addOwner(cfg, entry);
  if (dmPolicy === "disabled") {
    // A list from earlier days lay idle behind the closed door; opening it is not what was asked for.
    return patchAccount(channelId, next, accountId, {
      dmPolicy: "allowlist",
      allowFrom: [senderId],
    });
  }
  return allowFrom.includes(senderId)
    ? next
    : patchAccount(channelId, next, accountId, { allowFrom: [...allowFrom, senderId] });
}
