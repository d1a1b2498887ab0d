import { createSenderIdentity } from "channel-access/cold";
import { tryParseGossipId } from "./targets.ts";

/** What a Gossip sender is to OpenClaw's access rules: the user id that the session proves, in its canonical form. */
export const gossipSenderIdentity = createSenderIdentity({
  key: "gossip-user-id",
  normalize: tryParseGossipId,
  entryIdPrefix: "gossip",
});
