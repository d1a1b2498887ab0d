// How the host reaches the `message` tool of a channel. A plain `send` takes OpenClaw's own durable path; it is only checked
// here.
import { jsonResult, readStringParam } from "openclaw/plugin-sdk/channel-actions";
import type {
  ChannelMessageActionAdapter,
  ChannelMessageActionName,
} from "openclaw/plugin-sdk/channel-contract";
import type { AccountChannel } from "./account-channel.ts";
import { ChannelKitError } from "./errors.ts";
import type { MessageActions, RunAction } from "./message-actions.ts";

export interface ActionsAdapterRules<TAccount> {
  readonly channel: Pick<AccountChannel, "id" | "listAccountIds" | "resolveAccount">;
  readonly actions: Pick<MessageActions<TAccount>, "check" | "guard">;
  /** What the model is told that it can do, beside `send`. */
  readonly offered: readonly ChannelMessageActionName[];
  /** What is done here, by all its names. */
  readonly handlers: Readonly<Partial<Record<ChannelMessageActionName, RunAction<TAccount>>>>;
  /** A target as the host writes it; undefined for what is none. */
  readonly formatTarget: (text: string) => string | undefined;
}

export function createActionsAdapter<TAccount>({
  actions,
  channel,
  formatTarget,
  handlers,
  offered,
}: ActionsAdapterRules<TAccount>): ChannelMessageActionAdapter {
  const handled = new Map(Object.entries(handlers));
  return {
    describeMessageTool: ({ cfg }) =>
      channel.listAccountIds(cfg).some((id) => channel.resolveAccount(cfg, id).enabled)
        ? { actions: ["send", ...offered] }
        : null,
    supportsAction: ({ action }) => action === "send" || handled.has(action),
    // The command line must not open the account's state; a turn of the agent is in the gateway already.
    resolveExecutionMode: ({ action }) => (handled.has(action) ? "gateway" : "local"),
    prepareSendPayload: ({ ctx, payload, to }) => {
      actions.guard(ctx, to);
      return payload;
    },
    extractToolSend: ({ args }) => {
      const to = formatTarget(readStringParam(args, "to") ?? readStringParam(args, "target") ?? "");
      const isSend = args["action"] === "send" || args["action"] === "reply";
      if (to === undefined || !isSend) return null;
      const accountId = args["accountId"];
      return { to, ...(typeof accountId === "string" ? { accountId } : {}) };
    },
    handleAction: async (context) => {
      const run = handled.get(context.action);
      if (run === undefined) {
        throw new ChannelKitError(
          "invalid_target",
          `${channel.id}: there is no action ${context.action}`,
        );
      }
      return jsonResult({ ok: true, ...(await run(context, actions.check(context))) });
    },
  };
}
