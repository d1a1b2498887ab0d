import { createPairingAdapter } from "channel-access";
import { ConvosChannelError } from "./errors.ts";
import { tryParseInboxId } from "./targets.ts";

/**
 * For OpenClaw's pairing commands: which ids there are. Nobody gets a code in a conversation, where all would read it, so
 * nobody waits for an approval here.
 */
export const convosPairingAdapter = createPairingAdapter({
  idLabel: "convosInboxId",
  normalize: tryParseInboxId,
  notify: async () => {
    throw new ConvosChannelError(
      "command_refused",
      "convos: conversations have no pairing; let a member in with channels.convos.groupAllowFrom",
    );
  },
});
