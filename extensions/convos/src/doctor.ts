// What `openclaw doctor` says about Convos.
import { createDoctor, inspectGateway, type Finding, type NoteFinding } from "channel-kit/terminal";
import * as z from "zod";
import { convosChannel } from "./account-channel.ts";
import { CONVOS } from "./config-schema.ts";
import { inspectConfig } from "./doctor-config.ts";
import { inspectOwnFiles } from "./doctor-files.ts";
import { inspectPeople } from "./doctor-people.ts";
import { findNativeProblem } from "./native-module.ts";
import { collectJoinIssues, collectOwnerIssues, collectRestoreIssues } from "./status.ts";
import { collectStuckIssues } from "./stuck-conversations.ts";

/** XMTP allows ten installations of an inbox, and none can be taken back by whoever lost it. */
const MANY_INSTALLATIONS = 8;

export const runConvosDoctor = createDoctor({
  channel: convosChannel,
  inspectConfig: async (cfg) => [...inspectConfig(cfg), ...(await inspectPeople(cfg))],
  inspectOwnFiles,
  inspectRest: async () => [
    ...inspectNative(),
    ...(await inspectGateway(CONVOS, (application, note, accountId) =>
      inspectFigures(application, note, accountId),
    )),
  ],
});

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
  accountId: string,
  nowMs: number = Date.now(),
): void {
  const account = { accountId, application };
  const joins = collectJoinIssues(account, nowMs);
  for (const { fix = "", isStale, message } of joins) {
    note(isStale ? "join-stale" : "join-pending", message, fix);
  }
  const issues = [collectRestoreIssues, collectStuckIssues, collectOwnerIssues];
  for (const { fix = "", message, what } of issues.flatMap((collect) => collect(account))) {
    note(what, message, fix);
  }
  const parsed = InstallationsSchema.safeParse(application);
  if (parsed.success && parsed.data.maxInstallations >= MANY_INSTALLATIONS) {
    note(
      "installations-high",
      `an inbox of the agent has ${parsed.data.maxInstallations} of the ten installations that XMTP allows; each restore ` +
        "without the databases takes one more, and with ten it is locked out.",
      "move with the whole state directory, copied after the last stop of the gateway (openclaw backup create). An older copy " +
        "must not be started as it is: see Backup in docs/channels/convos.md",
    );
  }
}
