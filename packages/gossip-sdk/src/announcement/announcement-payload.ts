import { decodeArgs, encodeArgs } from "../codec/args.ts";
import { GossipError } from "../errors.ts";

/** What a contact request says about its sender. Both texts are the sender's own choice: show them, trust neither. */
export interface AnnouncementPayload {
  readonly username: string;
  readonly message: string;
}

const NOTHING = new Uint8Array();

/** User data of an announcement (section 5.3): empty when both texts are, as acceptances and renewals send it. */
export function encodeAnnouncementPayload(payload: Partial<AnnouncementPayload>): Uint8Array {
  const username = payload.username?.trim() ?? "";
  const message = payload.message?.trim() ?? "";
  return username === "" && message === "" ? NOTHING : encodeArgs([username, message]);
}

/** The two texts, trimmed; undefined when there are none or the bytes are something else. */
export function tryDecodeAnnouncementPayload(
  userData: Uint8Array,
): AnnouncementPayload | undefined {
  if (userData.length === 0) return undefined;
  try {
    const [username = "", message = ""] = decodeArgs(userData, 2);
    return { username: username.trim(), message: message.trim() };
  } catch (error) {
    if (error instanceof GossipError) return undefined;
    throw error;
  }
}
