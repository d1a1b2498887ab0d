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
import * as z from "zod";
import { listConvosAccountIds, resolveConvosAccount } from "./accounts.ts";
import { CHANNEL_ID, CONVOS } from "./config-schema.ts";
import { inspectConfig } from "./doctor-config.ts";
import { inspectOwnFiles } from "./doctor-files.ts";
import { inspectPeople } from "./doctor-people.ts";
import { ConvosChannelError } from "./errors.ts";
import { findNativeProblem } from "./native-module.ts";
import { collectJoinIssues, collectRestoreIssues } from "./status.ts";

type RunDoctor = NonNullable<NonNullable<ChannelPlugin["doctor"]>["runConfigSequence"]>;
type DoctorRun = Parameters<RunDoctor>[0];
type DoctorResult = Awaited<ReturnType<RunDoctor>>;

/** XMTP allows ten installations of an inbox, and none can be taken back by whoever lost it. */
const MANY_INSTALLATIONS = 8;

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
  const findings: Finding[] = [...inspectConfig(cfg), ...(await inspectPeople(cfg))];
  for (const accountId of listIds(cfg)) {
    const account = resolveConvosAccount(cfg, accountId);
    if (!account.configured || !account.enabled) continue;
    findings.push(...(await inspectFiles({ stateDir, channelId: CHANNEL_ID }, account)));
    findings.push(...(await inspectOwnFiles(stateDir, account)));
  }
  findings.push(...inspectNative());
  findings.push(...(await inspectGateway(CONVOS, inspectFigures)));
  return findings;
}

/** A plugin that was copied instead of installed lacks the module that was to be installed with it. */
function inspectNative(): Finding[] {
  const problem = findNativeProblem();
  return problem === undefined
    ? []
    : [{ id: "convos.native-missing", accountId: "default", ...problem }];
}

const InstallationsSchema = z.looseObject({ maxInstallations: z.number() });

/** What only the running account knows. */
export function inspectFigures(
  application: Readonly<Record<string, unknown>>,
  note: NoteFinding,
  nowMs: number = Date.now(),
): void {
  const joins = collectJoinIssues({ accountId: "default", application }, nowMs);
  for (const { fix = "", isStale, message } of joins) {
    note(isStale ? "join-stale" : "join-pending", message, fix);
  }
  for (const { fix = "", message, what } of collectRestoreIssues({
    accountId: "default",
    application,
  })) {
    note(what, message, fix);
  }
  const parsed = InstallationsSchema.safeParse(application);
  if (parsed.success && parsed.data.maxInstallations >= MANY_INSTALLATIONS) {
    note(
      "installations-high",
      `an inbox of the agent has ${parsed.data.maxInstallations} of the ten installations that XMTP allows; each restore ` +
        "without the databases takes one more, and with ten it is locked out.",
      "keep backups of the whole state directory (openclaw backup create), and restore those",
    );
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
