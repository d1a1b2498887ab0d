import * as kit from "channel-kit/media";
import { CHANNEL_ID } from "./config-schema.ts";

/** Where files of a conversation lie, see {@link kit.mediaFolderOf}. */
export function mediaFolderOf(accountId: string, conversationId: string): string {
  return kit.mediaFolderOf({ channelId: CHANNEL_ID, accountId, conversationId });
}

/** Deletes every file that people of a conversation sent. */
export async function deleteFiles(
  stateDir: string,
  accountId: string,
  conversationId: string,
): Promise<void> {
  await kit.deleteFiles(stateDir, { channelId: CHANNEL_ID, accountId, conversationId });
}
