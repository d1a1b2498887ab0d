// What a command line asks of the gateway that runs the account, beside what it asks of every channel.
import * as kit from "channel-kit";
import type { OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import * as z from "zod";
import { CONVOS } from "./config-schema.ts";
import { liveAccounts, type LiveAccount } from "./runtime.ts";

export const OPERATOR_METHODS = {
  ...kit.operatorMethods(CONVOS),
  conversations: `${CONVOS.id}.conversations`,
} as const;

/** Figures of a running account; `running` is false when this gateway does not have it. */
export const StatusAnswerSchema = z.object({
  running: z.boolean(),
  userId: z.string().optional(),
  figures: z
    .object({
      ...kit.liveFiguresShape,
      conversations: z.number(),
      pendingJoins: z.number(),
      oldestJoinAtMs: z.number().optional(),
      maxInstallations: z.number(),
    })
    .optional(),
});

export const ConversationsAnswerSchema = z.object({
  conversations: z
    .array(z.object({ id: z.string(), name: z.string().optional(), memberCount: z.number() }))
    .optional(),
});

export function registerOperatorMethods(
  api: Pick<OpenClawPluginApi, "registerGatewayMethod">,
): void {
  const scope: kit.MethodScope<LiveAccount> = { api, names: CONVOS, accounts: liveAccounts };
  kit.registerOperatorMethods(scope);
  kit.registerAccountMethod(
    scope,
    OPERATOR_METHODS.conversations,
    "operator.read",
    async (account) => ({
      conversations: account
        .conversations()
        .map(({ id, memberCount, name }) => ({ id, memberCount, name })),
    }),
  );
}
