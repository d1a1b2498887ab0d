/** What is known about a group that appeared while we wait to be let in. */
export interface OfferedGroup {
  readonly inviteTag: string;
  readonly creatorInboxId: string;
  /** Undefined when its metadata cannot be read, empty when nobody has written them yet. */
  readonly groupTag: string | undefined;
  readonly addedBy: string;
  readonly untaggedForMs: number;
}

/** A creator writes the tag when making the group; this long is for one who does so just now. */
const MAX_UNTAGGED_MS = 60_000;

/**
 * Whether a group is the one of the invite. Everybody who saw the link knows the tag, so that it must also be the invite's
 * creator who let us in: only the creator can open the invite. Pure.
 */
export function judgeOfferedGroup(group: OfferedGroup): "ours" | "wait" | "foreign" {
  if (group.addedBy !== group.creatorInboxId) return "foreign";
  if (group.groupTag === group.inviteTag) return "ours";
  if (!group.groupTag && group.untaggedForMs < MAX_UNTAGGED_MS) return "wait";
  return "foreign";
}
