// Methods of the gateway that are about one running account of a channel.
import type { OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import type * as z from "zod";
import type { ChannelNames } from "./channel-names.ts";
import { readCode } from "./errors.ts";
import type { LiveAccountBasis, LiveAccounts } from "./live-accounts.ts";
import { readMethodParams } from "./method-params.ts";

export type Permission = "operator.read" | "operator.admin";

/** What the methods are about: whose channel, and which of its accounts run. */
export interface MethodScope<TAccount extends LiveAccountBasis> {
  readonly api: Pick<OpenClawPluginApi, "registerGatewayMethod">;
  readonly names: ChannelNames;
  readonly accounts: Pick<LiveAccounts<TAccount>, "find">;
}

interface AccountMethod<
  TAccount extends LiveAccountBasis,
  TParams extends { readonly accountId: string },
> {
  readonly method: string;
  readonly permission: Permission;
  readonly schema: z.ZodType<TParams>;
  readonly answer: (account: TAccount, params: TParams) => Promise<Record<string, unknown>>;
  /** What to answer when the account does not run in this gateway; default an error that says so. */
  readonly answerWithout?: () => Record<string, unknown>;
}

/** An error names the method and a code, never what was asked or found. */
export function registerMethod<
  TAccount extends LiveAccountBasis,
  TParams extends { readonly accountId: string },
>(
  { accounts, api, names }: MethodScope<TAccount>,
  { answer, answerWithout, method, permission, schema }: AccountMethod<TAccount, TParams>,
): void {
  api.registerGatewayMethod(
    method,
    async ({ params, respond }) => {
      const { problem, value } = readMethodParams(method, schema, params);
      if (problem !== undefined) {
        respond(false, undefined, problem);
        return;
      }
      const account = accounts.find(value.accountId);
      if (account !== undefined) {
        try {
          respond(true, await answer(account, value));
        } catch (error) {
          const message = `${names.id}: ${method} failed (${readCode(error) ?? "unknown"})`;
          respond(false, undefined, { code: "UNAVAILABLE", message });
        }
        return;
      }
      if (answerWithout !== undefined) {
        respond(true, answerWithout());
        return;
      }
      const message = `${names.id}: the account is not running in this gateway`;
      respond(false, undefined, { code: "UNAVAILABLE", message });
    },
    { scope: permission },
  );
}
