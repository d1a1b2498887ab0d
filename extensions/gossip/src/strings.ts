// Every text of ours that a chat partner can see. (Pairing codes and notices about restarts are worded by OpenClaw.)
// Each can be set per account under `strings`; docs/channels/gossip.md has the table.
import * as z from "zod";

const MAX_CHARACTERS = 1000;

const text = z.string().trim().min(1).max(MAX_CHARACTERS);

/** `{id}` stands for the reader's own user id. */
export const chatStringsSchema = z.strictObject({
  /** Second line of OpenClaw's pairing message. */
  senderIdLine: text.optional(),
  /** After somebody approved the sender. The message that asked for the code is not run. */
  approved: text.optional(),
});

export type ChatStringOverrides = z.infer<typeof chatStringsSchema>;

export interface ChatStrings {
  senderIdLine(userId: string): string;
  readonly approved: string;
}

const DEFAULTS = {
  senderIdLine: "Your Gossip user id: {id}",
  approved: "You're in. Please send your message again.",
} as const;

/** The texts of one account: ours, and in their place what the operator wrote. */
export function createChatStrings(overrides: ChatStringOverrides = {}): ChatStrings {
  const { approved = DEFAULTS.approved, senderIdLine = DEFAULTS.senderIdLine } = overrides;
  return {
    senderIdLine: (userId) => senderIdLine.replaceAll("{id}", userId),
    approved,
  };
}
