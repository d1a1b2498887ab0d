// `openclaw convos status`: every account in a line, then the conversations of those that run, and the joins that wait.
import { cleanName } from "channel-kit/cold";
import { answerStatus, lookAtAccounts, type CliAnswer } from "channel-kit/terminal";

import { describeOffer, describeRefusedJoin, type ConvosContext } from "./cli-conversations.ts";
import { describeConversation } from "./find-conversation.ts";
import { OPERATIONS, type AnswerOf } from "./operations.ts";
import { StatusAnswerSchema } from "./operator-methods.ts";
import { describeAccount } from "./status-line.ts";

type Listed = AnswerOf<typeof OPERATIONS.conversations>;

const NOTHING: Listed = { conversations: [], joins: [], refusedJoins: [], offers: [], ended: [] };

/** @param only - One account; default: all that are configured. Exit code 1 when one that should run does not. */
export async function showStatus(context: ConvosContext, only?: string): Promise<CliAnswer> {
  const accounts = await lookAtAccounts(
    context,
    only,
    StatusAnswerSchema,
    ({ oldestJoinAtMs }) => ({ oldestJoinAtMs }),
  );
  const shown = [];
  for (const each of accounts) shown.push({ ...each, ...(await list(context, each)) });
  return answerStatus(context, shown, (each) => [
    describeAccount(each, context.now()),
    ...describeListed(each),
  ]);
}

async function list(
  context: ConvosContext,
  { accountId, running }: { readonly accountId: string; readonly running: boolean },
): Promise<Listed> {
  const { answer, method } = OPERATIONS.conversations;
  return (running ? await context.ask(method, answer, { accountId }) : undefined) ?? NOTHING;
}

function describeListed({ conversations, joins, offers, refusedJoins }: Listed): string[] {
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
    ...refusedJoins.map((each) => `  ${describeRefusedJoin(each)}`),
    ...offers.map((offer) => `  ${describeOffer(offer)}`),
  ];
}
