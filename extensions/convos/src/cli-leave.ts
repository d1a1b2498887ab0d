// `openclaw convos leave`: one conversation, or as many as let the agent go.
import type { CliAnswer } from "channel-kit/terminal";
import type { ConvosContext } from "./cli-conversations.ts";
import { ConvosChannelError } from "./errors.ts";
import { describeConversation, findConversation } from "./find-conversation.ts";
import { operate } from "./operate.ts";
import { OPERATIONS, type AnswerOf } from "./operations.ts";
import { describeEnding } from "./owner-conversation.ts";

type Listed = AnswerOf<typeof OPERATIONS.conversations>["conversations"][number];

export async function leave(
  context: ConvosContext,
  wanted: string | undefined,
  { all = false }: { readonly all?: boolean },
): Promise<CliAnswer> {
  const listed = await operate(context, OPERATIONS.conversations, {});
  const leaving = all ? listed.conversations : [findConversation(listed.conversations, wanted)];
  if (all && leaving.length > 0) {
    await context.confirm(
      `This leaves all ${leaving.length} conversations of account ${context.account.accountId}. Back in only by new invites.`,
      "LEAVE",
    );
  }
  const stayed: { readonly each: Listed; readonly reason: string }[] = [];
  for (const each of leaving) {
    const reason = await tryLeave(context, each);
    if (reason === undefined) continue;
    if (!all) throw new ConvosChannelError("command_refused", reason);
    stayed.push({ each, reason });
  }
  const gone = leaving.filter((each) => !stayed.some((other) => other.each === each));
  const left = gone.map(({ id }) => id);
  return {
    json: { left, stayed: stayed.map(({ each, reason }) => ({ conversationId: each.id, reason })) },
    lines: [
      ...gone.map((each) => `Left ${describeConversation(each)}. Back in only by a new invite.`),
      ...stayed.map(({ each, reason }) => `${describeConversation(each)}: ${reason}`),
      ...describeEnding(context.account, left, "now"),
    ],
    exitCode: stayed.length === 0 ? 0 : 1,
  };
}

/** @returns Why it was refused, if it was. */
async function tryLeave(context: ConvosContext, { id }: Listed): Promise<string | undefined> {
  try {
    await operate(context, OPERATIONS.leave, { conversationId: id });
    return undefined;
  } catch (error) {
    if (error instanceof ConvosChannelError && error.code === "command_refused") {
      return error.message;
    }
    throw error;
  }
}
