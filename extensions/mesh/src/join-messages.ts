import type { InboundMessage } from "./inbound.ts";

/** Messages of one peer in one conversation that share a turn, oldest first. */
export type Messages = readonly [InboundMessage, ...InboundMessage[]];

/** What the agent reads of messages that share a turn: their lines in order. */
export function joinTexts(messages: Messages): string {
  return messages
    .map(({ text }) => text)
    .filter((text) => text !== "")
    .join("\n");
}
