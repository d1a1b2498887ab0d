// Every text of ours that people in a conversation can see. Each can be set per account under `strings`;
// docs/channels/convos.md has the table.
import * as z from "zod";

const MAX_CHARACTERS = 1000;

const text = z.string().trim().min(1).max(MAX_CHARACTERS);

export const chatStringsSchema = z.strictObject({
  /** In the owner conversation while nobody is owner; once per start. */
  noOwner: text.optional(),
  /** After the operator said that the sender of the owner code is he. */
  ownerWelcome: text.optional(),
  /** To somebody who wrote more than the turn budget allows; at most once per window. */
  budgetUsedUp: text.optional(),
});

export type ChatStringOverrides = z.infer<typeof chatStringsSchema>;

export type ChatStrings = Readonly<Record<keyof ChatStringOverrides, string>>;

const DEFAULTS = {
  noOwner:
    "I don't know yet who owns me. Whoever runs me: on my machine, run `openclaw convos owner` and send me the code here.",
  ownerWelcome: "You are the owner of this bot now. Just write.",
  budgetUsedUp:
    "You have sent more messages than I may answer right now. I keep them, and answer them in order as soon as I can.",
} as const;

/** The texts of one account: ours, and in their place what the operator wrote. */
export function createChatStrings(overrides: ChatStringOverrides = {}): ChatStrings {
  const pick = (key: keyof ChatStringOverrides): string => overrides[key] ?? DEFAULTS[key];
  return {
    noOwner: pick("noOwner"),
    ownerWelcome: pick("ownerWelcome"),
    budgetUsedUp: pick("budgetUsedUp"),
  };
}
