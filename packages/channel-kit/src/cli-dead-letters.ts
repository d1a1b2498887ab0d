// `openclaw <channel> dead-letters`: the host's own command of that name reads only the host's table.
import type { CliAnswer, CliContext } from "./cli-io.ts";
import type { DeadLetter, DeadLetterDesk, DeadLetterOutcome } from "./dead-letters.ts";
import {
  DeadLettersAnswerSchema,
  operatorMethods,
  OutcomeAnswerSchema,
} from "./operator-methods.ts";
import { withStoppedDeadLetters } from "./stopped-account.ts";

/** Lends the dead letters of an account that no gateway runs. */
type LendDeadLetters = <T>(use: (desk: DeadLetterDesk) => Promise<T>) => Promise<T>;

export interface DeadLetterCommands {
  list(): Promise<CliAnswer>;
  retry(id: string): Promise<CliAnswer>;
  drop(id: string): Promise<CliAnswer>;
}

/**
 * Asks the gateway that runs the account, or opens its files when none does.
 *
 * @param readSender - The user id in a stored event, see `createSenderReader`.
 */
export function createDeadLetterCommands(
  context: CliContext,
  readSender: (payload: unknown) => string | undefined,
): DeadLetterCommands {
  const lendStopped: LendDeadLetters = (use) => withStoppedDeadLetters(context, readSender, use);
  return {
    list: () => listDeadLetters(context, lendStopped),
    retry: (id) => retryDeadLetter(context, id, lendStopped),
    drop: (id) => dropDeadLetter(context, id, lendStopped),
  };
}

async function listDeadLetters(
  context: CliContext,
  lendStopped: LendDeadLetters,
): Promise<CliAnswer> {
  const answer = await context.ask(
    operatorMethods(context.channel).listDeadLetters,
    DeadLettersAnswerSchema,
  );
  const deadLetters = answer?.deadLetters ?? (await lendStopped((desk) => desk.list()));
  return {
    json: { accountId: context.account.accountId, deadLetters },
    lines:
      deadLetters.length === 0
        ? ["No dead letters."]
        : [
            ...deadLetters.map((letter) => describe(letter, context)),
            `Again: openclaw ${context.channel.id} dead-letters retry ID. For good: openclaw ${context.channel.id} dead-letters drop ID`,
          ],
  };
}

function describe(
  { attempts, failedAt, from, id, reason }: Partial<DeadLetter>,
  { channel }: CliContext,
): string {
  const sender = from === undefined ? "" : ` from ${channel.shortenId(from)}`;
  return `${id}  given up ${failedAt}${sender} after ${attempts} attempts: ${reason}`;
}

async function retryDeadLetter(
  context: CliContext,
  id: string,
  lendStopped: LendDeadLetters,
): Promise<CliAnswer> {
  const outcome = await settle(context, id, "retry", lendStopped);
  return answerOf(context, id, outcome, {
    done: `${id} is in the queue again.`,
    unrecoverable: `${id} cannot be tried again: its contents are gone. Drop it: openclaw ${context.channel.id} dead-letters drop ${id}`,
  });
}

async function dropDeadLetter(
  context: CliContext,
  id: string,
  lendStopped: LendDeadLetters,
): Promise<CliAnswer> {
  const outcome = await settle(context, id, "drop", lendStopped);
  const dropped = `${id} is deleted for good.`;
  return answerOf(context, id, outcome, { done: dropped, unrecoverable: dropped });
}

async function settle(
  context: CliContext,
  id: string,
  wish: "retry" | "drop",
  lendStopped: LendDeadLetters,
): Promise<DeadLetterOutcome> {
  const methods = operatorMethods(context.channel);
  const method = wish === "retry" ? methods.retryDeadLetter : methods.dropDeadLetter;
  const answer = await context.ask(method, OutcomeAnswerSchema, { id });
  return answer?.outcome ?? (await lendStopped((desk) => desk[wish](id)));
}

function answerOf(
  { channel }: CliContext,
  id: string,
  outcome: DeadLetterOutcome,
  texts: Record<"done" | "unrecoverable", string>,
): CliAnswer {
  const text =
    outcome === "not-found"
      ? `No dead letter ${id}. See: openclaw ${channel.id} dead-letters list`
      : texts[outcome];
  return { json: { id, outcome }, lines: [text], exitCode: outcome === "done" ? 0 : 1 };
}
