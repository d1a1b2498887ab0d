// Which of OpenClaw's session scopes keeps people, and the accounts they write to, apart.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { AccountChannel } from "./account-channel.ts";
import { ChannelKitError } from "./errors.ts";
import type { SetupIo } from "./setup-io.ts";

/** Of a channel, what says how many accounts run. */
export interface ScopedChannel extends Pick<AccountChannel, "id" | "label" | "listAccountIds"> {
  readonly resolveAccount: (
    cfg: OpenClawConfig,
    accountId: string,
  ) => { readonly enabled: boolean };
}

type DmScope = NonNullable<NonNullable<OpenClawConfig["session"]>["dmScope"]>;

/** As the host has them. */
const DM_SCOPES: readonly DmScope[] = [
  "main",
  "per-peer",
  "per-channel-peer",
  "per-account-channel-peer",
];

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
  const change = findChange(channel, cfg);
  if (change === undefined) return cfg;
  const { keepsPeopleApart, needsYes, wanted } = change;
  if (needsYes) {
    const what = keepsPeopleApart
      ? `Keep the conversations of one person with each of your ${channel.label} accounts apart`
      : "Give each person a conversation of their own";
    const cost = keepsPeopleApart ? "; conversations begin anew" : "";
    const message = `${what} (session.dmScope: ${wanted}, for all channels${cost})?`;
    if (!(await prompter.confirm({ message, initialValue: true }))) return cfg;
  }
  return withScope(cfg, wanted);
}

/**
 * The same without questions: what the step above does unasked, or what an option says.
 *
 * @throws ChannelKitError `config_invalid` for a scope that the host does not have.
 */
export function applyScope(
  channel: ScopedChannel,
  cfg: OpenClawConfig,
  given: string | undefined,
): OpenClawConfig {
  if (given !== undefined) return withScope(cfg, parseScope(channel, given));
  const change = findChange(channel, cfg);
  return change === undefined || change.needsYes ? cfg : withScope(cfg, change.wanted);
}

/** For the end of a setup without questions: what was left as it is because somebody has to say yes to it. */
export function adviseScope(channel: ScopedChannel, cfg: OpenClawConfig): string[] {
  const change = findChange(channel, cfg);
  if (change === undefined) return [];
  const what = change.keepsPeopleApart
    ? `A person who writes to several of your ${channel.label} accounts has one conversation with all of them.`
    : "All people who write directly share one conversation with the agent.";
  return [
    `${what} To keep them apart, in all channels: openclaw config set session.dmScope ${change.wanted}`,
  ];
}

interface ScopeChange {
  readonly wanted: SafeScope;
  readonly keepsPeopleApart: boolean;
  readonly needsYes: boolean;
}

function findChange(channel: ScopedChannel, cfg: OpenClawConfig): ScopeChange | undefined {
  const scope = cfg.session?.dmScope;
  const wanted = recommendScope(channel, cfg);
  const keepsPeopleApart = scope !== undefined && scope !== "main";
  if (keepsPeopleApart && (wanted === "per-channel-peer" || scope === wanted)) return undefined;
  const others = Object.keys(cfg.channels ?? {}).filter(
    (id) => id !== channel.id && id !== "defaults",
  );
  return { wanted, keepsPeopleApart, needsYes: scope !== undefined || others.length > 0 };
}

function withScope(cfg: OpenClawConfig, dmScope: DmScope): OpenClawConfig {
  return { ...cfg, session: { ...cfg.session, dmScope } };
}

function parseScope({ id }: ScopedChannel, given: string): DmScope {
  const scope = DM_SCOPES.find((each) => each === given);
  if (scope !== undefined) return scope;
  throw new ChannelKitError(
    "config_invalid",
    `${id}: --dm-scope takes ${DM_SCOPES.slice(0, -1).join(", ")} or ${DM_SCOPES.at(-1)}`,
  );
}
