// What a command line asks of the gateway that runs the account.
import { DEFAULT_ACCOUNT_ID } from "openclaw/plugin-sdk/account-id";
import * as z from "zod";
import type { ChannelNames } from "./channel-names.ts";
import type { DeadLetterOutcome } from "./dead-letters.ts";
import type { LiveAccountBasis } from "./live-accounts.ts";
import { readMethodParams } from "./method-params.ts";
import { registerMethod, type MethodScope, type Permission } from "./register-method.ts";

export function operatorMethods({ id }: Pick<ChannelNames, "id">) {
  return {
    status: `${id}.status`,
    listDeadLetters: `${id}.deadLetters.list`,
    retryDeadLetter: `${id}.deadLetters.retry`,
    dropDeadLetter: `${id}.deadLetters.drop`,
  } as const;
}

const ParamsSchema = z.object({
  accountId: z.string().default(DEFAULT_ACCOUNT_ID),
  id: z.string().default(""),
});

export const DeadLettersAnswerSchema = z.object({
  deadLetters: z.array(
    z.object({
      id: z.string(),
      from: z.string().optional(),
      receivedAt: z.string(),
      failedAt: z.string(),
      attempts: z.number(),
      reason: z.string(),
    }),
  ),
});

export const OutcomeAnswerSchema = z.object({
  outcome: z.enum(["done", "not-found", "unrecoverable"] satisfies DeadLetterOutcome[]),
});

/** Registers the methods that every channel has; one of its own is added with {@link registerAccountMethod}. */
export function registerOperatorMethods(scope: MethodScope<LiveAccountBasis>): void {
  const { accounts, api } = scope;
  const methods = operatorMethods(scope.names);
  api.registerGatewayMethod(
    methods.status,
    async ({ params, respond }) => {
      const { problem, value } = readMethodParams(methods.status, ParamsSchema, params);
      if (problem !== undefined) {
        respond(false, undefined, problem);
        return;
      }
      const account = accounts.find(value.accountId);
      respond(
        true,
        account === undefined
          ? { running: false }
          : { running: true, userId: account.userId, figures: account.figures() },
      );
    },
    { scope: "operator.read" },
  );
  registerAccountMethod(scope, methods.listDeadLetters, "operator.read", async (account) => ({
    deadLetters: await account.deadLetters.list(),
  }));
  registerAccountMethod(scope, methods.retryDeadLetter, "operator.admin", async (account, id) => ({
    outcome: await account.deadLetters.retry(id),
  }));
  registerAccountMethod(scope, methods.dropDeadLetter, "operator.admin", async (account, id) => ({
    outcome: await account.deadLetters.drop(id),
  }));
}

/** Answers for a running account; `running: false` tells the command line to open the files itself. */
export function registerAccountMethod<TAccount extends LiveAccountBasis>(
  scope: MethodScope<TAccount>,
  method: string,
  permission: Permission,
  answer: (account: TAccount, id: string) => Promise<Record<string, unknown>>,
): void {
  registerMethod(scope, {
    method,
    permission,
    schema: ParamsSchema,
    answerWithout: () => ({ running: false }),
    answer: (account, { id }) => answer(account, id),
  });
}
