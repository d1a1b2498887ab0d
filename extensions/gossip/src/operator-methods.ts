// What a command line asks of the gateway that runs the account, beside what it asks of every channel.
import * as kit from "channel-kit";
import type { OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import * as z from "zod";
import { GOSSIP } from "./config-schema.ts";
import { liveAccounts, type LiveAccount } from "./runtime.ts";
import { tryParseGossipId } from "./targets.ts";

export const OPERATOR_METHODS = {
  ...kit.operatorMethods(GOSSIP),
  forgetPerson: `${GOSSIP.id}.contacts.forget`,
} as const;

/** Figures of a running account; `running` is false when this gateway does not have it. */
export const StatusAnswerSchema = z.object({
  running: z.boolean(),
  userId: z.string().optional(),
  figures: z
    .object({
      ...kit.liveFiguresShape,
      pendingRequests: z.number(),
      bytesToday: z.number(),
      clockOffsetMs: z.number().optional(),
      forksNoticed: z.number(),
      forkNoticedAtMs: z.number().optional(),
    })
    .optional(),
});

export const ForgottenAnswerSchema = z.object({ forgotten: z.boolean() });

export function registerOperatorMethods(
  api: Pick<OpenClawPluginApi, "registerGatewayMethod">,
): void {
  const scope: kit.MethodScope<LiveAccount> = { api, names: GOSSIP, accounts: liveAccounts };
  kit.registerOperatorMethods(scope);
  kit.registerAccountMethod(
    scope,
    OPERATOR_METHODS.forgetPerson,
    "operator.admin",
    async (account, id) => {
      const userId = tryParseGossipId(id);
      return { forgotten: userId !== undefined && (await account.forgetPerson(userId)) };
    },
  );
}
