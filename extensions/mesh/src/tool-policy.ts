import { createGroupToolPolicy } from "channel-kit";
import { CHANNEL_ID, isGroupChannel } from "./config-schema.ts";
import { listMeshOwners } from "./owner-grant.ts";
import { tryParsePeerId } from "./targets.ts";

/** Which tools a turn in a channel may use, see {@link createGroupToolPolicy}. */
export const resolveToolPolicy = createGroupToolPolicy({
  channelId: CHANNEL_ID,
  tryParseGroup: (text) => (isGroupChannel(text) ? text : undefined),
  isOwner: (cfg, senderId) => {
    const sender = tryParsePeerId(senderId);
    return sender !== undefined && listMeshOwners(cfg).includes(sender);
  },
});
