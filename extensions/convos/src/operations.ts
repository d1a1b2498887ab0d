// What an operator can have done to an account, each thing once: a running gateway does it when it is asked, and a command
// does it itself when no gateway runs the account.
import { readMethodParams } from "channel-kit";
import type { OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import * as z from "zod";
import type { ConversationControls } from "./client-controls.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { forgetInvites, hasExpired, listOpenInvites, noteInvite } from "./invite-book.ts";
import { describeRefusal } from "./operation-refusal.ts";

/** An account that can be operated: at work in a gateway, or opened for one command. */
export interface OperatedAccount {
  readonly controls: ConversationControls;
  /** Folder of the account. */
  readonly folder: string;
  readonly now: () => number;
}

interface OperationParts<TParams extends z.ZodType, TAnswer extends z.ZodType> {
  readonly permission: "operator.read" | "operator.admin";
  readonly params: TParams;
  readonly answer: TAnswer;
  run(account: OperatedAccount, params: z.output<TParams>): Promise<z.output<TAnswer>>;
}

/** One thing that can be asked for: by a command, and of a gateway by its method. */
export interface Operation<
  TParams extends z.ZodType = z.ZodType,
  TAnswer extends z.ZodType = z.ZodType,
> extends OperationParts<TParams, TAnswer> {
  readonly method: string;
}

/** What an operation answers. */
export type AnswerOf<TOperation extends Operation> = z.output<TOperation["answer"]>;

function define<TParams extends z.ZodType, TAnswer extends z.ZodType>(
  name: string,
  parts: OperationParts<TParams, TAnswer>,
): Operation<TParams, TAnswer> {
  return { method: `${CHANNEL_ID}.${name}`, ...parts };
}

const AccountSchema = z.object({ accountId: z.string().optional() });
const NothingSchema = z.object({});
const ConversationSchema = z.object({ conversationId: z.string() });
const DoneSchema = z.object({ done: z.literal(true) });
const done = { done: true } as const;
/** Whoever asked looks within a day; longer, it would only be in the way. */
const KEEP_REFUSED_MS = 24 * 3_600_000;
/** The longest ones are families of several signs. */
const MAX_EMOJI_CHARACTERS = 32;

export const OPERATIONS = {
  conversations: define("conversations", {
    permission: "operator.read",
    params: NothingSchema,
    answer: z.object({
      conversations: z.array(
        z.object({
          id: z.string(),
          name: z.string().optional(),
          emoji: z.string().optional(),
          memberCount: z.number(),
          isCreator: z.boolean(),
          createdAtMs: z.number(),
          explodesAtMs: z.number().optional(),
          openInvites: z.number(),
        }),
      ),
      joins: z.array(
        z.object({ joinId: z.string(), name: z.string().optional(), requestedAtMs: z.number() }),
      ),
      /** Those of the last day. */
      refusedJoins: z.array(
        z.object({
          joinId: z.string(),
          name: z.string().optional(),
          requestedAtMs: z.number(),
          reason: z.string(),
          refusedAtMs: z.number(),
        }),
      ),
      offers: z.array(
        z.object({
          id: z.string(),
          name: z.string().optional(),
          memberCount: z.number(),
          addedBy: z.string(),
        }),
      ),
      /** Ids of those that are over. */
      ended: z.array(z.string()),
    }),
    run: async ({ controls, folder, now }) => {
      const isOver = hasExpired(now());
      const open = (await listOpenInvites(folder)).filter((invite) => !isOver(invite));
      const count = (id: string): number =>
        open.filter(({ conversationId }) => conversationId === id).length;
      return {
        conversations: controls
          .list()
          .map((each) => Object.assign(each, { openInvites: count(each.id) })),
        joins: controls.joins(),
        refusedJoins: controls
          .refusedJoins()
          .filter(({ refusedAtMs }) => now() - refusedAtMs < KEEP_REFUSED_MS),
        offers: controls.offers(),
        ended: controls.ended(),
      };
    },
  }),
  members: define("members", {
    permission: "operator.read",
    params: ConversationSchema,
    answer: z.object({
      members: z.array(
        z.object({
          inboxId: z.string(),
          name: z.string().optional(),
          isAgent: z.boolean(),
          role: z.string(),
          isUs: z.boolean(),
        }),
      ),
    }),
    run: async ({ controls }, { conversationId }) => ({
      members: await controls.members(conversationId),
    }),
  }),
  create: define("create", {
    permission: "operator.admin",
    params: z.object({ name: z.string() }),
    answer: ConversationSchema,
    run: async ({ controls }, { name }) => ({ conversationId: await controls.create(name) }),
  }),
  invite: define("invite", {
    permission: "operator.admin",
    params: ConversationSchema.extend({
      expiresAtMs: z.number().optional(),
      singleUse: z.boolean(),
    }),
    answer: z.object({ url: z.string(), png: z.string() }),
    run: async ({ controls, folder, now }, { conversationId, expiresAtMs, singleUse }) => {
      await forgetInvites(folder, hasExpired(now()));
      const invite = { expiresAtMs, singleUse };
      const { inviteId, url } = await controls.invite(conversationId, invite);
      const noted = { ...invite, conversationId, createdAtMs: now(), inviteId };
      return { url, png: await noteInvite(folder, url, noted) };
    },
  }),
  revokeInvites: define("revokeInvites", {
    permission: "operator.admin",
    params: ConversationSchema,
    answer: DoneSchema,
    run: async ({ controls, folder }, { conversationId }) => {
      await controls.revokeInvites(conversationId);
      await forgetInvites(folder, (invite) => invite.conversationId === conversationId);
      return done;
    },
  }),
  join: define("join", {
    permission: "operator.admin",
    params: z.object({ invite: z.string(), mayAddInstallation: z.boolean() }),
    answer: DoneSchema,
    run: async ({ controls }, { invite, mayAddInstallation }) => {
      await controls.join(invite, { mayAddInstallation });
      return done;
    },
  }),
  settleOffer: define("settleOffer", {
    permission: "operator.admin",
    params: ConversationSchema.extend({ isOurs: z.boolean() }),
    answer: DoneSchema,
    run: async ({ controls }, { conversationId, isOurs }) => {
      await controls.settleOffer(conversationId, isOurs);
      return done;
    },
  }),
  cancelJoin: define("cancelJoin", {
    permission: "operator.admin",
    params: z.object({ joinId: z.string() }),
    answer: DoneSchema,
    run: async ({ controls }, { joinId }) => {
      await controls.cancelJoin(joinId);
      return done;
    },
  }),
  leave: define("leave", {
    permission: "operator.admin",
    params: ConversationSchema,
    answer: DoneSchema,
    run: async ({ controls, folder }, { conversationId }) => {
      await controls.leave(conversationId);
      await forgetInvites(folder, (invite) => invite.conversationId === conversationId);
      return done;
    },
  }),
  setLocked: define("setLocked", {
    permission: "operator.admin",
    params: ConversationSchema.extend({ isLocked: z.boolean() }),
    answer: DoneSchema,
    run: async ({ controls, folder }, { conversationId, isLocked }) => {
      await controls.setLocked(conversationId, isLocked);
      // A lock ends every invite, and taking it off brings none back.
      await forgetInvites(folder, (invite) => invite.conversationId === conversationId);
      return done;
    },
  }),
  explode: define("explode", {
    permission: "operator.admin",
    params: ConversationSchema.extend({ atMs: z.number().optional() }),
    answer: DoneSchema,
    run: async ({ controls, folder, now }, { atMs, conversationId }) => {
      await controls.explode(conversationId, atMs);
      // Until then the links work: they go with the conversation.
      if (atMs !== undefined && atMs > now()) return done;
      await forgetInvites(folder, (invite) => invite.conversationId === conversationId);
      return done;
    },
  }),
  rename: define("rename", {
    permission: "operator.admin",
    params: ConversationSchema.extend({ name: z.string() }),
    answer: DoneSchema,
    run: async ({ controls }, { conversationId, name }) => {
      await controls.rename(conversationId, name);
      return done;
    },
  }),
  setEmoji: define("setEmoji", {
    permission: "operator.admin",
    params: ConversationSchema.extend({ emoji: z.string().max(MAX_EMOJI_CHARACTERS) }),
    answer: DoneSchema,
    run: async ({ controls }, { conversationId, emoji }) => {
      await controls.setEmoji(conversationId, emoji);
      return done;
    },
  }),
};

/** What a gateway answers: done, not running here, or why not, in words for the operator. */
export const RefusalSchema = z.object({
  refusal: z.object({ code: z.string(), message: z.string() }),
});

/** Lets a running gateway do every operation for the accounts that it runs. */
export function registerOperations(
  api: Pick<OpenClawPluginApi, "registerGatewayMethod">,
  find: (accountId: string | undefined) => OperatedAccount | undefined,
): void {
  for (const operation of Object.values<Operation>(OPERATIONS)) {
    api.registerGatewayMethod(
      operation.method,
      async ({ params, respond }) => {
        const schema = AccountSchema.and(operation.params);
        const { problem, value } = readMethodParams(operation.method, schema, params);
        if (problem === undefined) respond(true, await answerOperation(operation, value, find));
        else respond(false, undefined, problem);
      },
      { scope: operation.permission },
    );
  }
}

/** What a gateway method answers: done, not running here, or why not. @throws ZodError for parameters of another shape. */
export async function answerOperation(
  operation: Operation,
  params: unknown,
  find: (accountId: string | undefined) => OperatedAccount | undefined,
): Promise<unknown> {
  const given = operation.params.parse(params ?? {});
  const account = find(AccountSchema.parse(params ?? {}).accountId);
  if (account === undefined) return { running: false };
  try {
    return await operation.run(account, given);
  } catch (error) {
    const { code, message } = describeRefusal(error);
    return { refusal: { code, message } };
  }
}
