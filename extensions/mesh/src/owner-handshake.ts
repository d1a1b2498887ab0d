import type { OwnerRooms } from "channel-kit/terminal";
import { meshChannel } from "./account-channel.ts";
import type { ResolvedMeshAccount } from "./accounts.ts";
import { grantOwner } from "./owner-grant.ts";
import { withOwnerConnection } from "./owner-connection.ts";

/** How the person at the terminal proves with a code which peer is his. */
export const ownerRooms: OwnerRooms<ResolvedMeshAccount> = {
  channel: meshChannel,
  withConnection: withOwnerConnection,
  grant: grantOwner,
};
