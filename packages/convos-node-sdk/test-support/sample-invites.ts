import { createHash } from "node:crypto";
import { type ConvosKey, keyFromBytes } from "../src/identity/key.ts";
import type { NewInvite } from "../src/invite/invite.ts";

/** A key that is the same in every run. */
function sampleKey(name: string): ConvosKey {
  return keyFromBytes(createHash("sha256").update(`sample key: ${name}`).digest());
}

export const creator = sampleKey("creator");
export const stranger = sampleKey("stranger");

/** An invite of {@link creator} with everything that it must have. */
export const sampleInvite: NewInvite = {
  privateKey: creator.privateKey,
  creatorInboxId: creator.inboxId,
  conversationId: "62f78dc5b89d2f232c242053092b3d13",
  tag: "LZ91JMJNly",
};
