// What `openclaw doctor` says about Gossip: each finding with an id, the reason and the command that mends it. The files are
// looked at and not touched, unless doctor repairs; a running gateway is asked for what only it knows.
import { closeToOthers, type Finding, formatFinding, inspectFiles } from "channel-kit/terminal";
import type { ChannelPlugin, OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import { listGossipAccountIds, resolveGossipAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { inspectConfig } from "./doctor-config.ts";
import { inspectGateway } from "./doctor-gateway.ts";
import { inspectPeople } from "./doctor-people.ts";
import { GossipChannelError } from "./errors.ts";

type RunDoctor = NonNullable<NonNullable<ChannelPlugin["doctor"]>["runConfigSequence"]>;
type DoctorRun = Parameters<RunDoctor>[0];
type DoctorResult = Awaited<ReturnType<RunDoctor>>;

/** With repair, what others may read is closed first, so that it is told as done and not as wrong. */
export async function runGossipDoctor({
  cfg,
  env,
  shouldRepair,
}: DoctorRun): Promise<DoctorResult> {
  const stateDir = resolveStateDir(env);
  const changeNotes = shouldRepair ? await closeToOthers({ stateDir, channelId: CHANNEL_ID }) : [];
  const findings = await collectFindings(cfg, stateDir);
  return { changeNotes, warningNotes: findings.map((finding) => formatFinding(finding)) };
}

/** Everything that is wrong, account by account. An account whose configuration is no configuration is left to the host. */
export async function collectFindings(
  cfg: OpenClawConfig,
  stateDir: string,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [...inspectConfig(cfg), ...(await inspectPeople(cfg))];
  for (const accountId of listIds(cfg)) {
    const account = resolveGossipAccount(cfg, accountId);
    if (!account.configured || !account.enabled) continue;
    findings.push(...(await inspectFiles({ stateDir, channelId: CHANNEL_ID }, account)));
  }
  findings.push(...(await inspectGateway()));
  return findings;
}

function listIds(cfg: OpenClawConfig): string[] {
  try {
    return listGossipAccountIds(cfg);
  } catch (error) {
    if (error instanceof GossipChannelError) return [];
    throw error;
  }
}
