// Our reactions in this protocol's words: one is taken back by the same emoji on the same message.
import type { Outbox } from "channel-durability";
import * as kit from "channel-kit";
import { toAsker, type ConvosMessageBody } from "./message-body.ts";

export type ReactionOutbox = Pick<Outbox<ConvosMessageBody>, "find" | "send">;

/** How this channel words reactions, for the shared room that keeps them. */
export function createReactionDesk(outbox: ReactionOutbox): kit.ReactionDesk<ConvosMessageBody> {
  return {
    outbox,
    toAdded: (reaction) => toBody(reaction, false),
    toRemoved: (reaction) => toBody(reaction, true),
  };
}

function toBody(
  { askedBy, citedId, emoji, purpose, to }: kit.OwnReaction,
  remove: boolean,
): ConvosMessageBody {
  return { purpose, to, citedId, emoji, remove, ...toAsker(askedBy) };
}
