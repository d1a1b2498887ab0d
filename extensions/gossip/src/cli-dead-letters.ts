// `openclaw gossip dead-letters`: the host's own command of that name reads only the host's table.
import type { DeadLetter, DeadLetterOutcome } from "channel-kit";
import type { CliAnswer, CliContext } from "./cli-io.ts";
import {
  DeadLettersAnswerSchema,
  OPERATOR_METHODS,
  OutcomeAnswerSchema,
} from "./operator-methods.ts";
import { withStoppedDeadLetters } from "./stopped-account.ts";
import { shortenGossipId } from "./targets.ts";

export async function listDeadLetters(context: CliContext): Promise<CliAnswer> {
  const answer = await context.ask(OPERATOR_METHODS.listDeadLetters, DeadLettersAnswerSchema);
  const deadLetters =
    answer?.deadLetters ?? (await withStoppedDeadLetters(context, (desk) => desk.list()));
  return {
    json: { accountId: context.account.accountId, deadLetters },
    lines:
      deadLetters.length === 0
        ? ["No dead letters."]
        : [
            ...deadLetters.map((letter) => describe(letter)),
            "Again: openclaw gossip dead-letters retry ID. For good: openclaw gossip dead-letters drop ID",
          ],
  };
}

function describe({ attempts, failedAt, from, id, reason }: Partial<DeadLetter>): string {
  const sender = from === undefined ? "" : ` from ${shortenGossipId(from)}`;
  return `${id}  given up ${failedAt}${sender} after ${attempts} attempts: ${reason}`;
}

export async function retryDeadLetter(context: CliContext, id: string): Promise<CliAnswer> {
  const outcome = await settle(context, id, "retry");
  return answerOf(id, outcome, {
    done: `${id} is in the queue again.`,
    unrecoverable: `${id} cannot be tried again: its contents are gone. Drop it: openclaw gossip dead-letters drop ${id}`,
  });
}

export async function dropDeadLetter(context: CliContext, id: string): Promise<CliAnswer> {
  const outcome = await settle(context, id, "drop");
  const dropped = `${id} is deleted for good.`;
  return answerOf(id, outcome, { done: dropped, unrecoverable: dropped });
}

async function settle(
  context: CliContext,
  id: string,
  wish: "retry" | "drop",
): Promise<DeadLetterOutcome> {
  const method =
    wish === "retry" ? OPERATOR_METHODS.retryDeadLetter : OPERATOR_METHODS.dropDeadLetter;
  const answer = await context.ask(method, OutcomeAnswerSchema, { id });
  return answer?.outcome ?? (await withStoppedDeadLetters(context, (desk) => desk[wish](id)));
}

function answerOf(
  id: string,
  outcome: DeadLetterOutcome,
  texts: Record<"done" | "unrecoverable", string>,
): CliAnswer {
  const text =
    outcome === "not-found"
      ? `No dead letter ${id}. See: openclaw gossip dead-letters list`
      : texts[outcome];
  return { json: { id, outcome }, lines: [text], exitCode: outcome === "done" ? 0 : 1 };
}
