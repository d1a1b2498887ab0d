// What `openclaw doctor` says about a channel: each finding with an id, the reason and the command that mends it. The files
// are looked at and not touched, unless doctor repairs.
import type { ChannelPlugin, OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import type { AccountChannel, ChannelAccount } from "./account-channel.ts";
import { closeToOthers, inspectFiles } from "./doctor-files.ts";
import { formatFinding, type Finding } from "./doctor-finding.ts";
import { ChannelKitError } from "./errors.ts";

type RunDoctor = NonNullable<NonNullable<ChannelPlugin["doctor"]>["runConfigSequence"]>;

/** Where a channel's findings come from, in the order in which they are told. */
export interface DoctorSources<TAccount extends ChannelAccount> {
  readonly channel: Pick<
    AccountChannel<TAccount>,
    "id" | "label" | "listAccountIds" | "resolveAccount"
  >;
  /** Before the accounts: what the configuration and the lists of people show. */
  readonly inspectConfig?: (
    cfg: OpenClawConfig,
  ) => readonly Finding[] | Promise<readonly Finding[]>;
  /** Of one account that is switched on: what its files show beside what every channel's do. Looking changes nothing. */
  readonly inspectOwnFiles?: (stateDir: string, account: TAccount) => Promise<readonly Finding[]>;
  /** After the accounts: what only the machine, or a running gateway, knows. */
  readonly inspectRest: () => Promise<readonly Finding[]>;
}

/** Makes the doctor of a channel. With repair, what others may read is closed first, so that it is told as done. */
export function createDoctor<TAccount extends ChannelAccount>(
  sources: DoctorSources<TAccount>,
): RunDoctor {
  const channelId = sources.channel.id;
  return async ({ cfg, env, shouldRepair }) => {
    const stateDir = resolveStateDir(env);
    const changeNotes = shouldRepair ? await closeToOthers({ stateDir, channelId }) : [];
    const findings = await collectFindings(sources, cfg, stateDir);
    return { changeNotes, warningNotes: findings.map((finding) => formatFinding(finding)) };
  };
}

/** Everything that is wrong, account by account. An account whose configuration is no configuration is left to the host. */
async function collectFindings<TAccount extends ChannelAccount>(
  sources: DoctorSources<TAccount>,
  cfg: OpenClawConfig,
  stateDir: string,
): Promise<readonly Finding[]> {
  const { channel, inspectOwnFiles, inspectRest } = sources;
  const findings: Finding[] = [...((await sources.inspectConfig?.(cfg)) ?? [])];
  for (const account of listAccounts(channel, cfg)) {
    if (!account.configured || !account.enabled) continue;
    findings.push(...(await inspectFiles({ stateDir, channelId: channel.id }, account)));
    findings.push(...((await inspectOwnFiles?.(stateDir, account)) ?? []));
  }
  findings.push(...(await inspectRest()));
  return findings;
}

function listAccounts<TAccount extends ChannelAccount>(
  { listAccountIds, resolveAccount }: DoctorSources<TAccount>["channel"],
  cfg: OpenClawConfig,
): TAccount[] {
  try {
    return listAccountIds(cfg).map((accountId) => resolveAccount(cfg, accountId));
  } catch (error) {
    if (error instanceof ChannelKitError) return [];
    throw error;
  }
}
