// The texts of ours that a chat partner can see; docs/channels/gossip.md has the table.
import { fillChatStrings, type ChatStringOverrides, type ChatStrings } from "channel-kit/cold";

export type { ChatStringOverrides, ChatStrings } from "channel-kit/cold";

/** The texts of one account, see {@link fillChatStrings}. */
export function createChatStrings(overrides: ChatStringOverrides = {}): ChatStrings {
  return fillChatStrings("Your Gossip user id: {id}", overrides);
}
