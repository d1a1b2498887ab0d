import type { MetadataProfile } from "../metadata/conversation-metadata.ts";
import type { MemberProfile, Profile } from "./profile.ts";

/** A message that says something about profiles. */
export type ProfileMessage =
  /** The sender about itself. */
  | { readonly type: "update"; readonly senderInboxId: string; readonly profile: Profile }
  /** The sender about everybody. */
  | {
      readonly type: "snapshot";
      readonly senderInboxId: string;
      readonly profiles: readonly MemberProfile[];
    };

/** A profile and how well it is founded. */
export interface ResolvedProfile extends MemberProfile {
  /** Only an update comes from the member itself; the other two are what another member wrote. */
  readonly source: "update" | "snapshot" | "metadata";
}

export interface ProfileSources {
  /** Whose snapshots count, the best first: the creator of the group, and whoever let us in. */
  readonly introducers: readonly string[];
  /** Of the group's appData. */
  readonly metadataProfiles?: readonly MetadataProfile[];
}

/** How many of a conversation's newest messages to look through for profiles, as the app does. */
export const PROFILE_SCAN_MESSAGES = 500;

/**
 * How each member shows itself (section 1.11): its own latest update; without one, the newest snapshot of an introducer
 * that names it; without one, what an older app left in the metadata. Snapshots of other members do not count: whoever
 * joined later cannot read the updates of before, and would take any member's word for who the others are. The parts are
 * never mixed: an update that leaves out the image removes it.
 *
 * @param messages - Newest first.
 * @returns By inbox id in lower case. Whoever said nothing is not in it.
 */
export function resolveProfiles(
  messages: Iterable<ProfileMessage>,
  { introducers, metadataProfiles = [] }: ProfileSources,
): Map<string, ResolvedProfile> {
  const collector = new ProfileCollector(introducers);
  for (const message of messages) collector.add(message);
  return collector.resolve(metadataProfiles);
}

/** The same, message by message: it holds what counts and nothing else. */
export class ProfileCollector {
  readonly #updates = new Map<string, MemberProfile>();
  readonly #introductions: ReadonlyMap<string, Map<string, MemberProfile>>;
  readonly #isMember: (inboxId: string) => boolean;

  /** @param members - Nobody else is remembered; everybody is unless given. */
  constructor(introducers: readonly string[], members?: ReadonlySet<string>) {
    this.#introductions = new Map(introducers.map((inboxId) => [inboxId, new Map()]));
    this.#isMember = (inboxId) => members === undefined || members.has(inboxId);
  }

  /** @param message - Older than the one before. */
  add(message: ProfileMessage): void {
    if (message.type === "update") {
      this.#keep(this.#updates, { ...message.profile, inboxId: message.senderInboxId });
      return;
    }
    const introductions = this.#introductions.get(message.senderInboxId);
    if (introductions === undefined) return;
    for (const profile of message.profiles) this.#keep(introductions, profile);
  }

  resolve(metadataProfiles: readonly MetadataProfile[] = []): Map<string, ResolvedProfile> {
    const resolved = new Map<string, ResolvedProfile>();
    const add = (source: ResolvedProfile["source"], profile: MemberProfile): void => {
      const inboxId = profile.inboxId.toLowerCase();
      if (!resolved.has(inboxId)) resolved.set(inboxId, { ...profile, inboxId, source });
    };
    for (const profile of this.#updates.values()) add("update", profile);
    for (const introductions of this.#introductions.values()) {
      for (const profile of introductions.values()) add("snapshot", profile);
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

  #keep(into: Map<string, MemberProfile>, profile: MemberProfile): void {
    const inboxId = profile.inboxId.toLowerCase();
    if (!into.has(inboxId) && this.#isMember(inboxId)) into.set(inboxId, profile);
  }
}
