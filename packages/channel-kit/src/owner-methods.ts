// How a terminal asks the running gateway for an owner code. The words of the command line are in owner-handshake.ts.
import { DEFAULT_ACCOUNT_ID } from "openclaw/plugin-sdk/account-id";
import * as z from "zod";
import type { ChannelNames } from "./channel-names.ts";
import { greetOwner, type GreetingScope } from "./greet-owner.ts";
import type { LiveAccountBasis } from "./live-accounts.ts";
import { registerMethod, type MethodScope } from "./register-method.ts";

/** Who may be owner is decided with these; the host lets only its administrators call them. */
export function ownerMethods({ id }: Pick<ChannelNames, "id">) {
  return {
    begin: `${id}.owner.begin`,
    wait: `${id}.owner.wait`,
    finish: `${id}.owner.finish`,
  } as const;
}

/** A wait is answered within this, and asked again. */
export const OWNER_WAIT_MS = 20_000;

const ParamsSchema = z.object({
  accountId: z.string().default(DEFAULT_ACCOUNT_ID),
  /** Of the handshake, as `begin` named it. */
  id: z.string().default(""),
  accepted: z.boolean().default(false),
  /** Whom the terminal confirmed: an account that restarted in between has a new desk, which knows no claim. */
  senderId: z.string().default(""),
});

export const BeginAnswerSchema = z.object({
  id: z.string(),
  code: z.string(),
  expiresAtMs: z.number(),
});

export const ClaimSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("waiting"), triesLeft: z.number(), expiresAtMs: z.number() }),
  z.object({ kind: z.literal("claimed"), senderId: z.string() }),
  z.object({ kind: z.literal("expired") }),
  z.object({ kind: z.literal("exhausted") }),
  z.object({ kind: z.literal("replaced") }),
]);

type Params = z.infer<typeof ParamsSchema>;

export function registerOwnerMethods(scope: MethodScope<LiveAccountBasis> & GreetingScope): void {
  const methods = ownerMethods(scope.names);
  register(scope, methods.begin, async (account) => {
    const { display, expiresAtMs, id } = account.ownerDesk.begin();
    return { id, code: display, expiresAtMs };
  });
  register(scope, methods.wait, async ({ ownerDesk }, { id }) => {
    const claim = await ownerDesk
      .whenSettled(id, AbortSignal.timeout(OWNER_WAIT_MS))
      .catch(() => undefined);
    return claim ?? { kind: "waiting", triesLeft: 0, expiresAtMs: 0 };
  });
  register(scope, methods.finish, async (account, { accepted, accountId, id, senderId }) => {
    const claimant = account.ownerDesk.end(id) ?? senderId;
    // Not waited for: the host takes a changed configuration over only when its requests are answered.
    if (accepted && claimant !== "") void greetOwner(scope, accountId, claimant);
    return { done: true };
  });
}

function register(
  scope: MethodScope<LiveAccountBasis>,
  method: string,
  answer: (account: LiveAccountBasis, params: Params) => Promise<Record<string, unknown>>,
): void {
  registerMethod(scope, { method, permission: "operator.admin", schema: ParamsSchema, answer });
}
