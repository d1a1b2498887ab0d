import type { OwnerRooms } from "channel-kit/terminal";
import { convosChannel } from "./account-channel.ts";
import type { ResolvedConvosAccount } from "./accounts.ts";
import { grantOwner } from "./owner-grant.ts";
import { withOwnerConnection } from "./owner-connection.ts";

/** How the person at the terminal proves with a code which member of the owner conversation he is. */
export const ownerRooms: OwnerRooms<ResolvedConvosAccount> = {
  channel: convosChannel,
  withConnection: withOwnerConnection,
  grant: grantOwner,
};
