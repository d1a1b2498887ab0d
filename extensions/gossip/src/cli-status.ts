// `openclaw gossip status`.
import { answerStatus, lookAtAccounts, type CliAnswer } from "channel-kit/terminal";
import type { GossipContext } from "./account-channel.ts";
import { StatusAnswerSchema } from "./operator-methods.ts";
import { describeAccount } from "./status-line.ts";

/** @param only - One account; default: all that are configured. Exit code 1 when one that should run does not. */
export async function showStatus(context: GossipContext, only?: string): Promise<CliAnswer> {
  const accounts = await lookAtAccounts(
    context,
    only,
    StatusAnswerSchema,
    ({ clockOffsetMs, forkNoticedAtMs }) => ({ clockOffsetMs, forkNoticedAtMs }),
  );
  return answerStatus(context, accounts, (each) => [describeAccount(each, context.now())]);
}
