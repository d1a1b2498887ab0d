// `openclaw mesh status`.
import { answerStatus, lookAtAccounts, type CliAnswer } from "channel-kit/terminal";
import type { MeshContext } from "./account-channel.ts";
import { StatusAnswerSchema } from "./operator-methods.ts";
import { describeAccount } from "./status-line.ts";

/** @param only - One account; default: all that are configured. Exit code 1 when one that should run does not. */
export async function showStatus(context: MeshContext, only?: string): Promise<CliAnswer> {
  const accounts = await lookAtAccounts(context, only, StatusAnswerSchema, ({ listeningPort }) => ({
    listeningPort,
  }));
  return answerStatus(context, accounts, (each) => [describeAccount(each, context.now())]);
}
