// Which of OpenClaw's session scopes keeps people, and the accounts they write to, apart.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { AccountChannel } from "./account-channel.ts";
import type { SetupIo } from "./setup-io.ts";

interface ScopedChannel extends Pick<AccountChannel, "id" | "label" | "listAccountIds"> {
  readonly resolveAccount: (
    cfg: OpenClawConfig,
    accountId: string,
  ) => { readonly enabled: boolean };
}

export type SafeScope = "per-channel-peer" | "per-account-channel-peer";

/** With several accounts the narrower scope: a person who writes to two of them has two conversations. */
export function recommendScope(channel: ScopedChannel, cfg: OpenClawConfig): SafeScope {
  const running = channel
    .listAccountIds(cfg)
    .filter((accountId) => channel.resolveAccount(cfg, accountId).enabled);
  return running.length > 1 ? "per-account-channel-peer" : "per-channel-peer";
}

/**
 * Step of the wizard: sees to it that people do not read each other's conversations with the agent, and that a person who
 * writes to two accounts has two. A setting that somebody chose, or that other channels work with, is changed only after a
 * yes.
 */
export async function settleScope(
  channel: ScopedChannel,
  cfg: OpenClawConfig,
  { prompter }: Pick<SetupIo, "prompter">,
): Promise<OpenClawConfig> {
  const scope = cfg.session?.dmScope;
  const wanted = recommendScope(channel, cfg);
  const keepsPeopleApart = scope !== undefined && scope !== "main";
  if (keepsPeopleApart && (wanted === "per-channel-peer" || scope === wanted)) return cfg;
  const others = Object.keys(cfg.channels ?? {}).filter(
    (id) => id !== channel.id && id !== "defaults",
  );
  if (scope !== undefined || others.length > 0) {
    const what = keepsPeopleApart
      ? `Keep the conversations of one person with each of your ${channel.label} accounts apart`
      : "Give each person a conversation of their own";
    const cost = keepsPeopleApart ? "; conversations begin anew" : "";
    const message = `${what} (session.dmScope: ${wanted}, for all channels${cost})?`;
    if (!(await prompter.confirm({ message, initialValue: true }))) return cfg;
  }
  return { ...cfg, session: { ...cfg.session, dmScope: wanted } };
}
