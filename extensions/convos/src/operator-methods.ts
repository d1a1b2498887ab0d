// What a command line asks of the gateway that runs the account, beside what it asks of every channel.
import * as kit from "channel-kit";
import type { OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import * as z from "zod";
import { CONVOS } from "./config-schema.ts";
import { registerOperations } from "./operations.ts";
import { stuckSchema } from "./stuck-conversations.ts";
import { liveAccounts, type LiveAccount } from "./runtime.ts";

export const OPERATOR_METHODS = kit.operatorMethods(CONVOS);

/** Figures of a running account; `running` is false when this gateway does not have it. */
export const StatusAnswerSchema = z.object({
  running: z.boolean(),
  userId: z.string().optional(),
  figures: z
    .object({
      ...kit.liveFiguresShape,
      conversations: z.number(),
      isOwnerConversationOver: z.boolean(),
      isOwnerConversationUnknown: z.boolean(),
      isOwnerElsewhere: z.boolean(),
      pendingJoins: z.number(),
      oldestJoinAtMs: z.number().optional(),
      maxInstallations: z.number(),
      restoreOffers: z.number(),
      restoring: z.number(),
      outOfSync: z.number(),
      stuck: stuckSchema,
    })
    .optional(),
});

export function registerOperatorMethods(
  api: Pick<OpenClawPluginApi, "registerGatewayMethod">,
): void {
  const scope: kit.MethodScope<LiveAccount> = { api, names: CONVOS, accounts: liveAccounts };
  kit.registerOperatorMethods(scope);
  registerOperations(api, (accountId) => liveAccounts.find(accountId)?.operated);
}
