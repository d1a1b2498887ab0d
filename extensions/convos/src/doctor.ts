// What `openclaw doctor` says about Convos: each finding with an id, the reason and the command that mends it. The files are
// looked at and not touched, unless doctor repairs; a running gateway is asked for what only it knows.
import {
  closeToOthers,
  formatFinding,
  inspectFiles,
  inspectGateway,
  type Finding,
  type NoteFinding,
} from "channel-kit/terminal";
import type { ChannelPlugin, OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import { listConvosAccountIds, listOwners, resolveConvosAccount } from "./accounts.ts";
import { CHANNEL_ID, CONVOS } from "./config-schema.ts";
import { ConvosChannelError } from "./errors.ts";
import { findNativeProblem } from "./native-module.ts";
import { collectJoinIssues } from "./status.ts";
import { tryParseInboxId } from "./targets.ts";

type RunDoctor = NonNullable<NonNullable<ChannelPlugin["doctor"]>["runConfigSequence"]>;
type DoctorRun = Parameters<RunDoctor>[0];
type DoctorResult = Awaited<ReturnType<RunDoctor>>;

/** With repair, what others may read is closed first, so that it is told as done and not as wrong. */
export async function runConvosDoctor({
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
async function collectFindings(cfg: OpenClawConfig, stateDir: string): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const accountId of listIds(cfg)) {
    const account = resolveConvosAccount(cfg, accountId);
    if (!account.configured || !account.enabled) continue;
    findings.push(...inspectOwner(cfg, accountId));
    findings.push(...(await inspectFiles({ stateDir, channelId: CHANNEL_ID }, account)));
  }
  findings.push(...inspectNative());
  findings.push(...(await inspectGateway(CONVOS, inspectFigures)));
  return findings;
}

/** Somebody joined a conversation with the bot, and it listens to nobody there. */
function inspectOwner(cfg: OpenClawConfig, accountId: string): Finding[] {
  const { ownerConversationId } = resolveConvosAccount(cfg, accountId);
  if (ownerConversationId === undefined || listOwners(cfg, tryParseInboxId).length > 0) return [];
  return [
    {
      id: "convos.no-owner",
      accountId,
      message: "nobody is the owner, so the agent listens to nobody in the owner conversation.",
      fix: "openclaw convos owner",
    },
  ];
}

/** A plugin that was copied instead of installed lacks the module that was to be installed with it. */
function inspectNative(): Finding[] {
  const problem = findNativeProblem();
  return problem === undefined
    ? []
    : [{ id: "convos.native-missing", accountId: "default", ...problem }];
}

function inspectFigures(application: Readonly<Record<string, unknown>>, note: NoteFinding): void {
  for (const { fix = "", message } of collectJoinIssues(
    { accountId: "default", application },
    Date.now(),
  )) {
    note("join-pending", message, fix);
  }
}

function listIds(cfg: OpenClawConfig): string[] {
  try {
    return listConvosAccountIds(cfg);
  } catch (error) {
    if (error instanceof ConvosChannelError) return [];
    throw error;
  }
}
