import { isSameType } from "../content/content-parts.ts";
import { parseProfileSnapshot, PROFILE_SNAPSHOT } from "../content/profile-snapshot.ts";
import { parseProfileUpdate, PROFILE_UPDATE } from "../content/profile-update.ts";
import { tryDecodeMetadata } from "../metadata/try-decode.ts";
import {
  PROFILE_SCAN_MESSAGES,
  ProfileCollector,
  type ProfileMessage,
  type ResolvedProfile,
} from "../profile/resolve-profiles.ts";
import type { XmtpGroup, XmtpMessage } from "../xmtp/port.ts";
import { newestMessages } from "./newest-messages.ts";

/** How the members of a group show themselves, by inbox id. Whoever said nothing is not in it. */
export async function loadMemberProfiles(group: XmtpGroup): Promise<Map<string, ResolvedProfile>> {
  const [members, creator] = await Promise.all([group.members(), group.creator()]);
  const collector = new ProfileCollector(
    [creator, group.addedBy()],
    new Set(members.map(({ inboxId }) => inboxId)),
  );
  const messages = newestMessages(
    (page) => group.messages({ first: "newest", ...page }),
    PROFILE_SCAN_MESSAGES,
  );
  for await (const message of messages) {
    const said = tryReadProfiles(message);
    if (said !== undefined) collector.add(said);
  }
  return collector.resolve(tryDecodeMetadata(group.appData())?.profiles);
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
      return { type: "snapshot", senderInboxId, profiles: parseProfileSnapshot({ type, content }) };
    }
  } catch {
    // One hostile profile must not hide the others.
  }
  return undefined;
}
