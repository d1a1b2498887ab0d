import { createPairingAdapter } from "channel-access";
import { ConvosChannelError } from "./errors.ts";
import { findLiveAccount } from "./runtime.ts";
import { tryParseInboxId } from "./targets.ts";

/**
 * For OpenClaw's pairing commands and its Control UI: which ids there are, and how to tell somebody. Codes are given in
 * direct conversations only; in the others all would read them.
 */
export const convosPairingAdapter = createPairingAdapter({
  idLabel: "convosInboxId",
  normalize: tryParseInboxId,
  notify: async (senderId, accountId) => {
    const account = findLiveAccount(accountId);
    if (account === undefined) {
      throw new ConvosChannelError(
        "not_running",
        "convos: the account is not running, so the sender was not told; they are once it runs",
      );
    }
    await account.tellApproved(senderId);
  },
});
