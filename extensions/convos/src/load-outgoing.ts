import * as kit from "channel-kit/media";
import { CHANNEL_ID } from "./config-schema.ts";
import { tryParseTarget } from "./targets.ts";

/** XMTP takes messages of 1 MB; this leaves room for what is around the file. */
const RULES: kit.OutgoingRules = {
  channelId: CHANNEL_ID,
  maxBytes: 950_000,
  maxText: "950 kB",
  tryParseTarget,
};

/** Loads a file that the agent sends, see {@link kit.loadOutgoing}. */
export function loadOutgoing(media: kit.OutgoingMedia): Promise<kit.OutgoingFile> {
  return kit.loadOutgoing(RULES, media);
}
