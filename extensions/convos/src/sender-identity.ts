import { createSenderIdentity } from "channel-access/cold";
import { tryParseInboxId } from "./targets.ts";

/** What a Convos sender is to OpenClaw's access rules: the inbox id that XMTP proves. */
export const convosSenderIdentity = createSenderIdentity({
  key: "convos-inbox-id",
  normalize: tryParseInboxId,
  entryIdPrefix: "convos",
});
