import * as kit from "channel-kit/media";
import { CHANNEL_ID } from "./config-schema.ts";
import { MAX_INLINE_BYTES } from "./files.ts";
import { tryParseTarget } from "./targets.ts";

const RULES: kit.OutgoingRules = {
  channelId: CHANNEL_ID,
  maxBytes: MAX_INLINE_BYTES,
  maxText: "128 KiB",
  tryParseTarget,
};

/** Loads a file that the agent sends inside a message, see {@link kit.loadOutgoing}. */
export function loadOutgoing(media: kit.OutgoingMedia): Promise<kit.OutgoingFile> {
  return kit.loadOutgoing(RULES, media);
}
