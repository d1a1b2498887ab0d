// Where the identities of this channel are; how they lie on disk is the same for every channel of ours.
import * as kit from "channel-kit";
import { CHANNEL_ID } from "./config-schema.ts";

/** The identity of an account, see {@link kit.findIdentity}. */
export function findIdentity(
  stateDir: string,
  account: { accountId: string; username: string },
): Promise<kit.IdentityFolder | undefined> {
  return kit.findIdentity({ stateDir, channelId: CHANNEL_ID }, account);
}

/** Stores a first identity, see {@link kit.createIdentity}. */
export function createIdentity(
  stateDir: string,
  identity: Omit<kit.IdentityRecord, "version">,
): Promise<kit.IdentityFolder | undefined> {
  return kit.createIdentity({ stateDir, channelId: CHANNEL_ID }, identity);
}
