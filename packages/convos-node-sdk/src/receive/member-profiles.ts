import { isSameType } from "../content/content-parts.ts";
import { parseProfileSnapshot, PROFILE_SNAPSHOT } from "../content/profile-snapshot.ts";
import { parseProfileUpdate, PROFILE_UPDATE } from "../content/profile-update.ts";
import { tryDecodeMetadata } from "../metadata/try-decode.ts";
import {
  PROFILE_SCAN_MESSAGES,
  type ProfileMessage,
  type ResolvedProfile,
  resolveProfiles,
} from "../profile/resolve-profiles.ts";
import type { XmtpGroup, XmtpMessage } from "../xmtp/port.ts";

/** How the members of a group show themselves, by inbox id. Whoever said nothing is not in it. */
export async function loadMemberProfiles(group: XmtpGroup): Promise<Map<string, ResolvedProfile>> {
  const messages = await group.messages({ first: "newest", limit: PROFILE_SCAN_MESSAGES });
  return resolveProfiles(
    messages.flatMap((message) => tryReadProfiles(message) ?? []),
    tryDecodeMetadata(group.appData())?.profiles,
  );
}

function tryReadProfiles({
  type,
  content,
  senderInboxId,
}: XmtpMessage): ProfileMessage | undefined {
  if (type === undefined) return undefined;
  try {
    if (isSameType(type, PROFILE_UPDATE)) {
      return { type: "update", senderInboxId, profile: parseProfileUpdate({ type, content }) };
    }
    if (isSameType(type, PROFILE_SNAPSHOT)) {
      return { type: "snapshot", profiles: parseProfileSnapshot({ type, content }) };
    }
  } catch {
    // One hostile profile must not hide the others.
  }
  return undefined;
}
