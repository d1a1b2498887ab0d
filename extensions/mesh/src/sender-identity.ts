import { createSenderIdentity } from "channel-access/cold";
import { tryParsePeerId } from "./targets.ts";

/**
 * What a sender is to OpenClaw's access rules: the peer id that a signature proves. Of a message that nobody has signed the
 * sender has a form that is no peer id, and so matches no entry.
 */
export const meshSenderIdentity = createSenderIdentity({
  key: "mesh-peer-id",
  normalize: tryParsePeerId,
  entryIdPrefix: "mesh",
});
