// How a terminal asks the running gateway for an owner code. The words of the command line are in owner-handshake.ts.
import { DEFAULT_ACCOUNT_ID } from "openclaw/plugin-sdk/account-id";
import type { OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import * as z from "zod";
import { readCode } from "./errors.ts";
import { findLiveAccount, type LiveAccount } from "./runtime.ts";

/** Who may be owner is decided with these; the host lets only its administrators call them. */
export const OWNER_METHODS = {
  begin: "gossip.owner.begin",
  wait: "gossip.owner.wait",
  finish: "gossip.owner.finish",
} as const;

/** A wait is answered within this, and asked again. */
export const OWNER_WAIT_MS = 20_000;

const ParamsSchema = z.object({
  accountId: z.string().default(DEFAULT_ACCOUNT_ID),
  accepted: z.boolean().default(false),
});

export const BeginAnswerSchema = z.object({ code: z.string(), expiresAtMs: z.number() });

export const ClaimSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("waiting"), triesLeft: z.number(), expiresAtMs: z.number() }),
  z.object({ kind: z.literal("claimed"), senderId: z.string() }),
  z.object({ kind: z.literal("expired") }),
  z.object({ kind: z.literal("exhausted") }),
]);

type Params = z.infer<typeof ParamsSchema>;

export function registerOwnerMethods(api: Pick<OpenClawPluginApi, "registerGatewayMethod">): void {
  register(api, OWNER_METHODS.begin, async (account) => {
    const { display, expiresAtMs } = account.ownerDesk.begin();
    return { code: display, expiresAtMs };
  });
  register(api, OWNER_METHODS.wait, async ({ ownerDesk }) => {
    const claim = await ownerDesk
      .whenSettled(AbortSignal.timeout(OWNER_WAIT_MS))
      .catch(() => undefined);
    return claim ?? { kind: "waiting", triesLeft: 0, expiresAtMs: 0 };
  });
  register(api, OWNER_METHODS.finish, async (account, { accepted }) => {
    const senderId = account.ownerDesk.end();
    // Not waited for: the host takes a changed configuration over only when its requests are answered.
    if (accepted && senderId !== undefined) void account.welcomeOwner(senderId);
    return { done: true };
  });
}

function register(
  api: Pick<OpenClawPluginApi, "registerGatewayMethod">,
  method: string,
  answer: (account: LiveAccount, params: Params) => Promise<Record<string, unknown>>,
): void {
  api.registerGatewayMethod(
    method,
    async ({ params, respond }) => {
      const parsed = ParamsSchema.safeParse(params ?? {});
      const account = parsed.success ? findLiveAccount(parsed.data.accountId) : undefined;
      if (!parsed.success || account === undefined) {
        const message = parsed.success
          ? "gossip: the account is not running in this gateway"
          : "gossip: expected accountId and accepted";
        respond(false, undefined, { code: "UNAVAILABLE", message });
        return;
      }
      try {
        respond(true, await answer(account, parsed.data));
      } catch (error) {
        const message = `gossip: ${method} failed (${readCode(error) ?? "unknown"})`;
        respond(false, undefined, { code: "UNAVAILABLE", message });
      }
    },
    { scope: "operator.admin" },
  );
}
