import { type ConversationMetadata, decodeMetadata } from "./conversation-metadata.ts";

/** The metadata of a group, or undefined when some member has made it unreadable. */
export function tryDecodeMetadata(appData: string): ConversationMetadata | undefined {
  try {
    return decodeMetadata(appData);
  } catch {
    return undefined;
  }
}
