import type { InboundMessage } from "./inbound.ts";

/** Messages of one person that share a turn, oldest first. */
export type Messages = readonly [InboundMessage, ...InboundMessage[]];

/** What the agent reads of messages that share a turn: their lines in order. */
export function joinTexts(messages: Messages): string {
  return messages
    .map(({ forwarded, text }) =>
      // The forwarded text is not the sender's: commands in it are not run, so it travels beside the text.
      text === "" && forwarded !== undefined ? "(forwarded a message)" : text,
    )
    .join("\n");
}
