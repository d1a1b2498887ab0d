import { createGroupToolPolicy } from "channel-kit";
import { listOwners } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { tryParseConversationId, tryParseInboxId } from "./targets.ts";

/** Which tools a turn in a conversation may use, see {@link createGroupToolPolicy}. */
export const resolveToolPolicy = createGroupToolPolicy({
  channelId: CHANNEL_ID,
  tryParseGroup: tryParseConversationId,
  isOwner: (cfg, senderId) => {
    const sender = tryParseInboxId(senderId);
    return sender !== undefined && listOwners(cfg, tryParseInboxId).includes(sender);
  },
});
