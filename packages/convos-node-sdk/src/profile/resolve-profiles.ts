import type { MetadataProfile } from "../metadata/conversation-metadata.ts";
import type { MemberProfile, Profile } from "./profile.ts";

/** A message that says something about profiles. */
export type ProfileMessage =
  /** The sender about itself. */
  | { readonly type: "update"; readonly senderInboxId: string; readonly profile: Profile }
  /** Some member about everybody. */
  | { readonly type: "snapshot"; readonly profiles: readonly MemberProfile[] };

/** A profile and how well it is founded. */
export interface ResolvedProfile extends MemberProfile {
  /** Only an update comes from the member itself; the other two are what some member wrote. */
  readonly source: "update" | "snapshot" | "metadata";
}

/** How many of a conversation's newest messages to look through for profiles, as the app does. */
export const PROFILE_SCAN_MESSAGES = 500;

/**
 * How each member shows itself (section 1.11): its own latest update; without one, the newest snapshot that names it;
 * without one, what an older app left in the metadata. The parts are never mixed: an update that leaves out the image
 * removes it.
 *
 * @param messages - Newest first.
 * @param metadataProfiles - Of the group's appData.
 * @returns By inbox id in lower case. Whoever said nothing is not in it.
 */
export function resolveProfiles(
  messages: readonly ProfileMessage[],
  metadataProfiles: readonly MetadataProfile[] = [],
): Map<string, ResolvedProfile> {
  const resolved = new Map<string, ResolvedProfile>();
  const add = (source: ResolvedProfile["source"], profile: MemberProfile): void => {
    const inboxId = profile.inboxId.toLowerCase();
    if (!resolved.has(inboxId)) resolved.set(inboxId, { ...profile, inboxId, source });
  };
  for (const message of messages) {
    if (message.type !== "update") continue;
    add("update", { ...message.profile, inboxId: message.senderInboxId });
  }
  for (const message of messages) {
    if (message.type !== "snapshot") continue;
    for (const profile of message.profiles) add("snapshot", profile);
  }
  for (const { inboxId, name, encryptedImage } of metadataProfiles) {
    add("metadata", {
      inboxId,
      ...(name && { name }),
      ...(encryptedImage && { image: encryptedImage }),
    });
  }
  return resolved;
}
