import type { MessageContent } from "../message/content.ts";
import { userIdToBytes } from "../identity/user-id.ts";
import type { OutgoingContent } from "./types.ts";

/** What goes on the wire for something to send. A retention policy has no id there, only in our queue. */
export function toMessageContent(content: OutgoingContent, messageId: Uint8Array): MessageContent {
  if (content.type === "retention") return content;
  if (content.type === "forward") {
    return { ...content, messageId, author: userIdToBytes(content.author) };
  }
  return { ...content, messageId };
}
