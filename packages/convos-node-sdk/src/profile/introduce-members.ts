import { encodeProfileSnapshot } from "../content/profile-snapshot.ts";
import type { JoinRequestProfile } from "../content/join-request.ts";
import type { MemberProfile } from "./profile.ts";
import type { ResolvedProfile } from "./resolve-profiles.ts";

/** A group has 250 members at most, and a message one megabyte. Honest profiles have some hundred bytes. */
const MAX_INTRODUCTION_BYTES = 2048;

/**
 * What a snapshot says to somebody who has just come: what the members said about themselves and we about them, and the
 * newcomer's own words. What any member may have written into the metadata is not repeated: our word would make it
 * better than it is. Pure.
 */
export function introduceMembers(
  known: ReadonlyMap<string, ResolvedProfile>,
  newcomer: { readonly inboxId: string; readonly profile: JoinRequestProfile | undefined },
): MemberProfile[] {
  const profiles: MemberProfile[] = [...known.values()]
    .filter(({ source }) => source !== "metadata")
    .map(({ source: _source, ...profile }) => profile);
  const { inboxId, profile } = newcomer;
  if (profile !== undefined && known.get(inboxId)?.source !== "update") {
    profiles.push({
      inboxId,
      ...(profile.name !== undefined && { name: profile.name }),
      ...(profile.memberKind === "agent" && { memberKind: "agent" }),
    });
  }
  return profiles.filter(
    (each) => encodeProfileSnapshot([each]).content.length <= MAX_INTRODUCTION_BYTES,
  );
}
