import type { Profile } from "../profile/profile.ts";
import { loadMemberProfiles } from "../receive/member-profiles.ts";
import type { XmtpGroup } from "../xmtp/port.ts";
import type { Member } from "./types.ts";

/** Who is in a group, as of the last sync. */
export async function summarizeMembers(group: XmtpGroup): Promise<Member[]> {
  const [members, profiles] = await Promise.all([group.members(), loadMemberProfiles(group)]);
  return members.map((member) => toMember(member, profiles.get(member.inboxId)));
}

/** In a direct conversation nobody says who he is. */
export function summarizePair(ownInboxId: string, peerInboxId: string | undefined): Member[] {
  const peer =
    peerInboxId === undefined ? [] : [toMember({ inboxId: peerInboxId, role: "member" })];
  return [{ inboxId: ownInboxId, kind: "agent", role: "member" }, ...peer];
}

function toMember(member: Omit<Member, "kind" | "name">, profile?: Profile): Member {
  const kind = profile?.memberKind === "agent" ? "agent" : "human-or-unknown";
  return { ...member, kind, ...(profile?.name !== undefined && { name: profile.name }) };
}
