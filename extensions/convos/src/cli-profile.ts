// `openclaw convos profile`: how people see the agent, and the conversations that it made.
import { emojiOf } from "channel-kit";
import { cleanName } from "channel-kit/cold";
import { writeConfig, type CliAnswer } from "channel-kit/terminal";
import { patchAccount } from "./account-patch.ts";
import type { ConvosContext } from "./cli-conversations.ts";
import { ConvosChannelError } from "./errors.ts";
import { findConversation } from "./find-conversation.ts";
import { operate } from "./operate.ts";
import { OPERATIONS, type AnswerOf } from "./operations.ts";
import { validate } from "./setup.ts";

type Listed = AnswerOf<typeof OPERATIONS.conversations>["conversations"];

export interface ProfileOptions {
  readonly name?: string;
  readonly emoji?: string;
  /** Which one; default: all that it can be about. */
  readonly conversation?: string;
}

/** @throws ConvosChannelError `command_refused` | `config_invalid`; nothing was changed then. */
export async function changeProfile(
  context: ConvosContext,
  { conversation, emoji, name }: ProfileOptions,
): Promise<CliAnswer> {
  const { accountId } = context.account;
  if (name === undefined && emoji === undefined) {
    throw new ConvosChannelError("command_refused", "convos: give --name, --emoji, or both.");
  }
  const problem = name === undefined ? null : validate(context.cfg, accountId, { name });
  if (problem !== null) throw new ConvosChannelError("config_invalid", problem);
  if (emoji !== undefined && emojiOf(emoji).emoji === undefined) {
    throw new ConvosChannelError("command_refused", "convos: --emoji takes one emoji, such as 🦞.");
  }
  const { conversations } = await operate(context, OPERATIONS.conversations, {});
  const chosen =
    conversation === undefined ? conversations : [findConversation(conversations, conversation)];
  const decorated = emoji === undefined ? [] : chooseDecorated(chosen, conversation !== undefined);
  for (const { id } of name === undefined ? [] : chosen) {
    await operate(context, OPERATIONS.rename, { conversationId: id, name: name ?? "" });
  }
  for (const { id } of decorated) {
    await operate(context, OPERATIONS.setEmoji, { conversationId: id, emoji: emoji ?? "" });
  }
  if (name !== undefined && conversation === undefined) {
    await writeConfig((current) => patchAccount(current, accountId, { name }));
  }
  const where = conversation === undefined ? ", and in those to come" : "";
  return {
    json: {
      accountId,
      ...(name === undefined ? {} : { name, conversations: chosen.map(({ id }) => id) }),
      ...(emoji === undefined ? {} : { emoji, decorated: decorated.map(({ id }) => id) }),
    },
    lines: [
      ...(name === undefined
        ? []
        : [
            `The agent is "${cleanName(name)}" in ${count(chosen)}${where}. It is told to them while the gateway runs.`,
          ]),
      ...(emoji === undefined ? [] : [`${emoji} stands for ${count(decorated)} in the app.`]),
    ],
  };
}

/** Of other people's conversations the emoji is theirs to choose. */
function chooseDecorated(chosen: Listed, isNamed: boolean): Listed {
  const own = chosen.filter(({ isCreator }) => isCreator);
  if (own.length > 0) return own;
  throw new ConvosChannelError(
    "command_refused",
    isNamed
      ? "convos: the agent did not make that conversation; its emoji is for its members to choose."
      : "convos: the agent has made no conversation. Make one: openclaw convos create",
  );
}

function count(conversations: Listed): string {
  return `${conversations.length} ${conversations.length === 1 ? "conversation" : "conversations"}`;
}
