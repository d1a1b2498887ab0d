// `openclaw convos status`: every account in a line, then the conversations of those that run, and the joins that wait.
import { isBackupConfirmed, findIdentity } from "channel-kit";
import { cleanName } from "channel-kit/cold";
import type { AccountFacts, CliAnswer, CliContext } from "channel-kit/terminal";
import {
  listConvosAccountIds,
  resolveConvosAccount,
  type ResolvedConvosAccount,
} from "./accounts.ts";
import { describeOffer } from "./cli-conversations.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import type { ConvosFigures } from "./figures.ts";
import { describeConversation } from "./find-conversation.ts";
import { OPERATIONS, type AnswerOf } from "./operations.ts";
import { OPERATOR_METHODS, StatusAnswerSchema } from "./operator-methods.ts";
import { describeAccount } from "./status-line.ts";

type StatusAnswer = (typeof StatusAnswerSchema)["_output"];
type Listed = AnswerOf<typeof OPERATIONS.conversations>;

const NOTHING: Listed = { conversations: [], joins: [], offers: [] };

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
        : shown.flatMap((each) => [describeAccount(each, now()), ...describeListed(each)]),
    exitCode: shown.every(({ enabled, running }) => running || !enabled) ? 0 : 1,
  };
}

function describeListed({ conversations, joins, offers }: Listed): string[] {
  return [
    ...conversations.map(
      (each) =>
        `  ${describeConversation(each)}  ${each.memberCount} ${each.memberCount === 1 ? "member" : "members"}`,
    ),
    ...joins.map(({ joinId, name, requestedAtMs }) => {
      const title = cleanName(name ?? "");
      const since = new Date(requestedAtMs).toISOString().slice(0, 16).replace("T", " ");
      return (
        `  join${title === "" ? "" : ` of "${title}"`} pending since ${since} UTC; approve in the app, ` +
        `or give up: openclaw convos join cancel ${joinId}`
      );
    }),
    ...offers.map((offer) => `  ${describeOffer(offer)}`),
  ];
}

async function look(context: CliContext<ResolvedConvosAccount>, account: ResolvedConvosAccount) {
  const { accountId } = account;
  const live = await context.ask(OPERATOR_METHODS.status, StatusAnswerSchema, { accountId });
  const { answer, method } = OPERATIONS.conversations;
  const listed =
    live?.running === true ? await context.ask(method, answer, { accountId }) : undefined;
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
    ...(listed ?? NOTHING),
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
