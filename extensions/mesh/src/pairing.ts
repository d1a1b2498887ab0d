import { createPairingAdapter } from "channel-access";
import { findLiveAccount } from "./runtime.ts";
import { MeshChannelError } from "./errors.ts";
import { tryParsePeerId } from "./targets.ts";

/** For OpenClaw's pairing commands and its Control UI: which ids there are, and how to tell somebody. */
export const meshPairingAdapter = createPairingAdapter({
  idLabel: "meshPeerId",
  normalize: tryParsePeerId,
  notify: async (senderId, accountId) => {
    const account = findLiveAccount(accountId);
    if (account === undefined) {
      throw new MeshChannelError(
        "not_running",
        "mesh: the account is not running, so the sender was not told; they are once it runs",
      );
    }
    await account.tellApproved(senderId);
  },
});
