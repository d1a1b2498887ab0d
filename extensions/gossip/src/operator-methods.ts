// What a command line asks of the gateway that runs the account.
import type { DeadLetterOutcome } from "channel-kit";
import { DEFAULT_ACCOUNT_ID } from "openclaw/plugin-sdk/account-id";
import type { OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import * as z from "zod";
import { readCode } from "./errors.ts";
import { findLiveAccount, type LiveAccount } from "./runtime.ts";
import { tryParseGossipId } from "./targets.ts";

export const OPERATOR_METHODS = {
  status: "gossip.status",
  listDeadLetters: "gossip.deadLetters.list",
  retryDeadLetter: "gossip.deadLetters.retry",
  dropDeadLetter: "gossip.deadLetters.drop",
  forgetPerson: "gossip.contacts.forget",
} as const;

const ParamsSchema = z.object({
  accountId: z.string().default(DEFAULT_ACCOUNT_ID),
  id: z.string().default(""),
});

/** Figures of a running account; `running` is false when this gateway does not have it. */
export const StatusAnswerSchema = z.object({
  running: z.boolean(),
  userId: z.string().optional(),
  figures: z
    .object({
      connected: z.boolean(),
      unreachableSinceMs: z.number().optional(),
      lastErrorCode: z.string().optional(),
      lastInboundAtMs: z.number().optional(),
      waitingInbound: z.number(),
      peopleOverBudget: z.number(),
      oldestInboundAtMs: z.number().optional(),
      deadLetters: z.number(),
      waitingOutbound: z.number(),
      oldestOutboundAtMs: z.number().optional(),
      pendingRequests: z.number(),
      bytesToday: z.number(),
      clockOffsetMs: z.number().optional(),
      forksNoticed: z.number(),
    })
    .optional(),
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

export const ForgottenAnswerSchema = z.object({ forgotten: z.boolean() });

type Register = Pick<OpenClawPluginApi, "registerGatewayMethod">;
type Scope = "operator.read" | "operator.admin";

export function registerOperatorMethods(api: Register): void {
  api.registerGatewayMethod(
    OPERATOR_METHODS.status,
    async ({ params, respond }) => {
      const account = findLiveAccount(ParamsSchema.safeParse(params ?? {}).data?.accountId);
      respond(
        true,
        account === undefined
          ? { running: false }
          : { running: true, userId: account.userId, figures: account.figures() },
      );
    },
    { scope: "operator.read" },
  );
  register(api, OPERATOR_METHODS.listDeadLetters, "operator.read", async ({ deadLetters }) => ({
    deadLetters: await deadLetters.list(),
  }));
  register(api, OPERATOR_METHODS.retryDeadLetter, "operator.admin", async (account, id) => ({
    outcome: await account.deadLetters.retry(id),
  }));
  register(api, OPERATOR_METHODS.dropDeadLetter, "operator.admin", async (account, id) => ({
    outcome: await account.deadLetters.drop(id),
  }));
  register(api, OPERATOR_METHODS.forgetPerson, "operator.admin", async (account, id) => {
    const userId = tryParseGossipId(id);
    return { forgotten: userId !== undefined && (await account.forgetPerson(userId)) };
  });
}

/** Answers for a running account; `running: false` tells the command line to open the files itself. */
function register(
  api: Register,
  method: string,
  scope: Scope,
  answer: (account: LiveAccount, id: string) => Promise<Record<string, unknown>>,
): void {
  api.registerGatewayMethod(
    method,
    async ({ params, respond }) => {
      const parsed = ParamsSchema.safeParse(params ?? {});
      const account = findLiveAccount(parsed.data?.accountId);
      if (!parsed.success || account === undefined) {
        respond(true, { running: false });
        return;
      }
      try {
        respond(true, await answer(account, parsed.data.id));
      } catch (error) {
        const message = `gossip: ${method} failed (${readCode(error) ?? "unknown"})`;
        respond(false, undefined, { code: "UNAVAILABLE", message });
      }
    },
    { scope },
  );
}
