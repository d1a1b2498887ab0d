import type { OwnerRooms } from "channel-kit/terminal";
import { gossipChannel } from "./account-channel.ts";
import type { ResolvedGossipAccount } from "./accounts.ts";
import { grantOwner } from "./owner-grant.ts";
import { withOwnerConnection } from "./owner-connection.ts";

/** How the person at the terminal proves with a code which Gossip user he is. */
export const ownerRooms: OwnerRooms<ResolvedGossipAccount> = {
  channel: gossipChannel,
  withConnection: withOwnerConnection,
  grant: grantOwner,
};
