// `openclaw convos status`: every account in a line, and the conversations of those that run.
import { isBackupConfirmed, findIdentity } from "channel-kit";
import type { AccountFacts, CliAnswer, CliContext } from "channel-kit/terminal";
import {
  listConvosAccountIds,
  resolveConvosAccount,
  type ResolvedConvosAccount,
} from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import type { ConvosFigures } from "./figures.ts";
import {
  ConversationsAnswerSchema,
  OPERATOR_METHODS,
  StatusAnswerSchema,
} from "./operator-methods.ts";
import { describeAccount } from "./status-line.ts";

type StatusAnswer = (typeof StatusAnswerSchema)["_output"];

/** @param only - One account; default: all that are configured. Exit code 1 when one that should run does not. */
export async function showStatus(
  context: CliContext<ResolvedConvosAccount>,
  only?: string,
): Promise<CliAnswer> {
  const { cfg, now } = context;
  const accounts = (only === undefined ? listConvosAccountIds(cfg) : [only])
    .map((id) => resolveConvosAccount(cfg, id))
    .filter(({ configured }) => configured);
  const shown = [];
  for (const account of accounts) shown.push(await look(context, account));
  return {
    json: { accounts: shown },
    lines:
      shown.length === 0
        ? ["No Convos account. Add one: openclaw channels add --channel convos"]
        : shown.flatMap((each) => [
            describeAccount(each, now()),
            ...each.conversations.map(
              ({ id, memberCount, name }) =>
                `  ${id}  ${memberCount} members${name === undefined ? "" : `  "${name}"`}`,
            ),
          ]),
    exitCode: shown.every(({ enabled, running }) => running || !enabled) ? 0 : 1,
  };
}

async function look(context: CliContext<ResolvedConvosAccount>, account: ResolvedConvosAccount) {
  const { accountId } = account;
  const live = await context.ask(OPERATOR_METHODS.status, StatusAnswerSchema, { accountId });
  const listed = await context.ask(OPERATOR_METHODS.conversations, ConversationsAnswerSchema, {
    accountId,
  });
  const home = { stateDir: context.stateDir, channelId: CHANNEL_ID };
  const identity = await findIdentity(home, account);
  const facts: AccountFacts<ConvosFigures> = {
    accountId,
    running: live?.running === true,
    figures: toFigures(live),
    backupConfirmed: identity && isBackupConfirmed(identity.record),
  };
  return {
    ...facts,
    userId: identity?.record.userId,
    enabled: account.enabled,
    conversations: listed?.conversations ?? [],
  };
}

/** JSON leaves out what is undefined. */
function toFigures(live: StatusAnswer | undefined): ConvosFigures | undefined {
  const figures = live?.figures;
  if (figures === undefined) return undefined;
  return {
    ...figures,
    unreachableSinceMs: figures.unreachableSinceMs,
    lastErrorCode: figures.lastErrorCode,
    lastInboundAtMs: figures.lastInboundAtMs,
    oldestInboundAtMs: figures.oldestInboundAtMs,
    oldestOutboundAtMs: figures.oldestOutboundAtMs,
    oldestJoinAtMs: figures.oldestJoinAtMs,
  };
}
