// Every text of ours that somebody can see who writes to a bot directly. (Pairing codes and notices about restarts are worded
// by OpenClaw.) Each can be set per account under `strings`; the page of the channel has the table.
import * as z from "zod";

const MAX_CHARACTERS = 1000;

/** `strings` of an account. `{id}` stands for the reader's own id. */
export function createChatStringsSchema() {
  const text = z.string().trim().min(1).max(MAX_CHARACTERS);
  return z.strictObject({
    /** Second line of OpenClaw's pairing message. */
    senderIdLine: text.optional(),
    /** After somebody approved the sender. The message that asked for the code is not run. */
    approved: text.optional(),
    /** After the operator said that the sender of the owner code is he. */
    ownerWelcome: text.optional(),
    /** To somebody who wrote more than the turn budget allows; at most once per window. */
    budgetUsedUp: text.optional(),
  });
}

export type ChatStringOverrides = z.infer<ReturnType<typeof createChatStringsSchema>>;

export interface ChatStrings {
  senderIdLine(userId: string): string;
  readonly approved: string;
  readonly ownerWelcome: string;
  readonly budgetUsedUp: string;
}

const DEFAULTS = {
  approved: "You're in. Please send your message again.",
  ownerWelcome: "You are the owner of this bot now. Just write.",
  budgetUsedUp:
    "You have sent more messages than I may answer right now. I keep them, and answer them in order as soon as I can.",
} as const;

/**
 * The texts of one account: ours, and in their place what the operator wrote.
 *
 * @param idLine - How the channel calls the reader's id, e.g. `Your peer id: {id}`.
 */
export function fillChatStrings(idLine: string, overrides: ChatStringOverrides): ChatStrings {
  const { senderIdLine = idLine, ...others } = overrides;
  const pick = (key: keyof typeof DEFAULTS): string => others[key] ?? DEFAULTS[key];
  return {
    senderIdLine: (userId) => senderIdLine.replaceAll("{id}", userId),
    approved: pick("approved"),
    ownerWelcome: pick("ownerWelcome"),
    budgetUsedUp: pick("budgetUsedUp"),
  };
}
