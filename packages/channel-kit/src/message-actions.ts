// The `message` tool on a channel: reply and react. Each goes through the account's outbox, once per call, and only to the
// conversation that the turn belongs to. What else a protocol can do with a message stands in its extension, on the same checks.
import { randomUUID } from "node:crypto";
import { createConversationGuard } from "channel-access";
import type { Outbox, SendHooks } from "channel-durability";
import {
  readReactionParams,
  readStringParam,
  resolveReactionMessageId,
  ToolAuthorizationError,
} from "openclaw/plugin-sdk/channel-actions";
import type { ChannelMessageActionContext } from "openclaw/plugin-sdk/channel-contract";
import type { ChannelNames } from "./channel-names.ts";
import { ChannelKitError } from "./errors.ts";
import { toPlainText } from "./plain-text.ts";
import { addReaction, removeReaction, type ReactionDesk } from "./reactions.ts";

const MAX_EMOJI_BYTES = 32;

/** A running account, as far as actions go. */
export interface ActionAccount<TBody> {
  readonly outbox: Outbox<TBody>;
  /** Whether a message of a conversation is ours, or somebody else's. */
  isOurs(to: string, messageId: string): boolean;
  isTheirs(to: string, messageId: string): boolean;
}

export interface MessageActionRules<TBody, TAccount extends ActionAccount<TBody>> {
  readonly names: ChannelNames;
  /** One form per conversation; undefined for what is no target. */
  readonly parseTarget: (text: string) => string | undefined;
  /** What a target is, for the one who gave another thing. */
  readonly targetHint: string;
  readonly parseMessageId: (text: string) => string | undefined;
  readonly messageIdHint: string;
  readonly findAccount: (accountId: string | undefined) => TAccount | undefined;
  readonly splitText: (text: string) => string[];
  readonly toTextBody: (part: {
    readonly to: string;
    readonly text: string;
    readonly replyToId: string | null;
    readonly purpose: "message" | "operator";
    /** Sender id of the one in whose turn it is sent, as OpenClaw knows him. */
    readonly askedBy: string | undefined;
  }) => TBody;
  /** Absent where a message can have no reactions. */
  readonly createDesk?: (outbox: Outbox<TBody>) => ReactionDesk<TBody>;
}

/** What a call is about, checked: whose conversation, which running account, and who asks. */
export interface CheckedCall<TAccount> {
  readonly account: TAccount;
  readonly to: string;
  readonly purpose: "message" | "operator";
  /** Sender id of the one in whose turn it is. */
  readonly askedBy: string | undefined;
  readonly hooks: SendHooks;
  /** The same for a call that is repeated with its key. */
  readonly queueId: string;
}

/** Does what was checked. @returns What the model reads. */
export type RunAction<TAccount> = (
  context: ChannelMessageActionContext,
  call: CheckedCall<TAccount>,
) => Promise<Record<string, unknown>>;

export interface MessageActions<TAccount> {
  /** May this turn act there? @throws ToolAuthorizationError. */
  readonly guard: ReturnType<typeof createConversationGuard>;
  /** @throws ToolAuthorizationError for another person's conversation; ChannelKitError for what cannot be. */
  check(context: ChannelMessageActionContext): CheckedCall<TAccount>;
  /** @throws ChannelKitError `unknown_message`. */
  readMessageId(value: unknown): string;
  /** @throws ToolAuthorizationError for a message of another conversation. */
  assertInConversation(call: CheckedCall<TAccount>, messageId: string): void;
  readonly reply: RunAction<TAccount>;
  readonly react: RunAction<TAccount>;
}

export function createMessageActions<TBody, TAccount extends ActionAccount<TBody>>(
  rules: MessageActionRules<TBody, TAccount>,
): MessageActions<TAccount> {
  const { names, parseTarget } = rules;
  const guard = createConversationGuard({ channelId: names.id, normalizeTarget: parseTarget });
  const fail = (code: "invalid_target" | "not_running" | "unknown_message", text: string) =>
    new ChannelKitError(code, `${names.id}: ${text}`);
  const check = (context: ChannelMessageActionContext): CheckedCall<TAccount> => {
    const { accountId, action, gatewayClientScopes, params, requesterSenderId, toolContext } =
      context;
    const raw = readStringParam(params, "to") ?? readStringParam(params, "target");
    const target =
      raw ?? toolContext?.currentMessagingTarget ?? toolContext?.currentChannelId ?? "";
    const to = parseTarget(target);
    if (to === undefined) throw fail("invalid_target", `the target is not ${rules.targetHint}`);
    guard(context, to);
    const account = rules.findAccount(accountId ?? undefined);
    if (account === undefined) {
      throw fail(
        "not_running",
        "the account is not running. See: openclaw channels status --probe",
      );
    }
    const isOperators = toolContext === undefined && (gatewayClientScopes ?? []).length > 0;
    const key = readStringParam(params, "idempotencyKey") ?? randomUUID();
    return {
      account,
      to,
      purpose: isOperators ? "operator" : "message",
      askedBy: requesterSenderId?.trim() || undefined,
      hooks: pickHooks(context),
      // The key may come from the model. It must not find the message of another conversation, or another action.
      queueId: `action/${action}/${to}/${key}`,
    };
  };
  const readMessageId = (value: unknown): string => {
    const text = typeof value === "string" || typeof value === "number" ? String(value).trim() : "";
    const id = rules.parseMessageId(text);
    if (id === undefined) throw fail("unknown_message", `this needs ${rules.messageIdHint}`);
    return id;
  };
  const assertInConversation = ({ account, to }: CheckedCall<TAccount>, id: string): void => {
    // An id of another conversation means nothing here, and would tell that it exists there.
    if (account.isOurs(to, id) || account.isTheirs(to, id)) return;
    throw new ToolAuthorizationError(`${names.id}: no message with this id in this conversation`);
  };
  return {
    guard,
    check,
    readMessageId,
    assertInConversation,
    reply: async ({ params, toolContext }, call) => {
      const citedId = readMessageId(
        params["replyTo"] ?? params["messageId"] ?? toolContext?.currentMessageId,
      );
      assertInConversation(call, citedId);
      const text = toPlainText(readStringParam(params, "message", { required: true }));
      return await sendPieces(rules, call, rules.splitText(text), citedId);
    },
    react: async ({ params, toolContext }, call) => {
      if (rules.createDesk === undefined)
        throw fail("invalid_target", "there are no reactions here");
      const { account, askedBy, hooks, purpose, to } = call;
      const { emoji, isEmpty, remove } = readReactionParams(params, {
        removeErrorMessage: `${names.id}: say which emoji to take back`,
      });
      if (isEmpty || Buffer.byteLength(emoji) > MAX_EMOJI_BYTES) {
        throw fail("invalid_target", "a reaction is one emoji");
      }
      const citedId = readMessageId(
        resolveReactionMessageId({
          args: params,
          ...(toolContext === undefined ? {} : { toolContext }),
        }),
      );
      assertInConversation(call, citedId);
      const desk = rules.createDesk(account.outbox);
      const reaction = { purpose, to, citedId, emoji, askedBy };
      if (remove) return { removed: await removeReaction(desk, reaction, hooks) };
      return { added: emoji, messageId: await addReaction(desk, reaction, hooks) };
    },
  };
}

async function sendPieces<TBody, TAccount extends ActionAccount<TBody>>(
  { toTextBody }: MessageActionRules<TBody, TAccount>,
  { account, askedBy, hooks, purpose, queueId, to }: CheckedCall<TAccount>,
  pieces: readonly string[],
  citedId: string,
): Promise<Record<string, unknown>> {
  const sent: string[] = [];
  for (const [partIndex, text] of pieces.entries()) {
    const replyToId = partIndex === 0 ? citedId : null;
    const body = toTextBody({ to, text, purpose, askedBy, replyToId });
    const entry = { queueId, partIndex, partCount: pieces.length, target: to, body };
    // One after the other: they are read in this order.
    sent.push((await account.outbox.send(entry, hooks)).nativeId);
  }
  return { messageId: sent[0], messageIds: sent };
}

function pickHooks(context: ChannelMessageActionContext): SendHooks {
  const { assertDirectAdapterHandoff, onPlatformSendDispatch } = context;
  return {
    ...(assertDirectAdapterHandoff === undefined ? {} : { assertDirectAdapterHandoff }),
    ...(onPlatformSendDispatch === undefined ? {} : { onPlatformSendDispatch }),
  };
}
