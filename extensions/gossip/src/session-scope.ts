// Which of OpenClaw's session scopes keeps people, and the accounts they write to, apart.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { listGossipAccountIds, resolveGossipAccount } from "./accounts.ts";

export type SafeScope = "per-channel-peer" | "per-account-channel-peer";

/** With several accounts the narrower scope: a person who writes to two of them has two conversations. */
export function recommendScope(cfg: OpenClawConfig): SafeScope {
  const running = listGossipAccountIds(cfg).filter(
    (accountId) => resolveGossipAccount(cfg, accountId).enabled,
  );
  return running.length > 1 ? "per-account-channel-peer" : "per-channel-peer";
}
