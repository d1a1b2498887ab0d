// The lock of an identity; how it is held is the same for every channel of ours.
import * as kit from "channel-kit";
import { CHANNEL_ID } from "./config-schema.ts";

/** Takes an identity for this process, see {@link kit.acquireIdentityLock}. */
export function acquireIdentityLock(
  options: Omit<kit.LockOptions, "channelId">,
): Promise<kit.IdentityLock> {
  return kit.acquireIdentityLock({ ...options, channelId: CHANNEL_ID });
}
