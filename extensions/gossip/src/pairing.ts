import { createPairingAdapter } from "channel-access";
import { findLiveAccount } from "./runtime.ts";
import { GossipChannelError } from "./errors.ts";
import { tryParseGossipId } from "./targets.ts";

/** For OpenClaw's pairing commands and its Control UI: which ids there are, and how to tell somebody. */
export const gossipPairingAdapter = createPairingAdapter({
  idLabel: "gossipUserId",
  normalize: tryParseGossipId,
  notify: async (senderId, accountId) => {
    const account = findLiveAccount(accountId);
    if (account === undefined) {
      throw new GossipChannelError(
        "not_running",
        "gossip: the account is not running, so the sender was not told; they are once it runs",
      );
    }
    await account.tellApproved(senderId);
  },
});
