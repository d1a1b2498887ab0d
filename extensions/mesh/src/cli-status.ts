// `openclaw mesh status`: every account in a line; transport, what came in and what goes out are told apart.
import { findIdentity, isBackupConfirmed } from "channel-kit";
import type { AccountFacts } from "channel-kit/terminal";
import { listMeshAccountIds, resolveMeshAccount } from "./accounts.ts";
import type { CliAnswer, CliContext } from "./cli-io.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { OPERATOR_METHODS, StatusAnswerSchema } from "./operator-methods.ts";
import type { MeshFigures } from "./figures.ts";
import { describeAccount } from "./status-line.ts";

/** @param only - One account; default: all that are configured. Exit code 1 when one that should run does not. */
export async function showStatus(context: CliContext, only?: string): Promise<CliAnswer> {
  const { cfg, now } = context;
  const accounts = (only === undefined ? listMeshAccountIds(cfg) : [only])
    .map((id) => resolveMeshAccount(cfg, id))
    .filter(({ configured }) => configured);
  const facts: (AccountFacts<MeshFigures> & { enabled: boolean; userId: string | undefined })[] =
    [];
  for (const account of accounts) {
    const { accountId } = account;
    const live = await context.ask(OPERATOR_METHODS.status, StatusAnswerSchema, { accountId });
    const identity = await findIdentity(
      { stateDir: context.stateDir, channelId: CHANNEL_ID },
      account,
    );
    facts.push({
      accountId,
      enabled: account.enabled,
      running: live?.running === true,
      userId: identity?.record.userId,
      figures: live?.figures === undefined ? undefined : withUndefined(live.figures),
      backupConfirmed: identity && isBackupConfirmed(identity.record),
    });
  }
  return {
    json: { accounts: facts },
    lines:
      facts.length === 0
        ? ["No Mesh account. Add one: openclaw channels add --channel mesh"]
        : facts.map((each) => describeAccount(each, now())),
    exitCode: facts.every(({ enabled, running }) => running || !enabled) ? 0 : 1,
  };
}

type Answer = NonNullable<(typeof StatusAnswerSchema)["_output"]["figures"]>;

/** JSON leaves out what is undefined. */
function withUndefined(figures: Answer): MeshFigures {
  return {
    ...figures,
    unreachableSinceMs: figures.unreachableSinceMs,
    lastErrorCode: figures.lastErrorCode,
    lastInboundAtMs: figures.lastInboundAtMs,
    oldestInboundAtMs: figures.oldestInboundAtMs,
    oldestOutboundAtMs: figures.oldestOutboundAtMs,
    listeningPort: figures.listeningPort,
  };
}
