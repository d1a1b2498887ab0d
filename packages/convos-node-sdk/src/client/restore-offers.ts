import type { XmtpGroup } from "../xmtp/port.ts";

/** Somebody who makes many groups gets no more of them shown than this. */
const OFFERS_PER_MEMBER = 3;
/** People who have to read the list read no more. */
const MAX_OFFERS = 30;

/** A group that may be the lost conversation. */
export interface Candidate {
  readonly group: Pick<XmtpGroup, "id" | "members" | "name">;
  readonly creatorInboxId: string;
  readonly addedBy: string;
}

/**
 * Which groups to ask about: those asked about before, then new ones as there is room. A flood by one stranger leaves room for
 * the others; those who find none come up when others are refused. Pure.
 */
export function chooseOffers(
  candidates: readonly Candidate[],
  known: ReadonlySet<string>,
): Candidate[] {
  const chosen: Candidate[] = [];
  const counts = new Map<string, number>();
  const isKnown = ({ group }: Candidate): boolean => known.has(group.id);
  for (const candidate of [
    ...candidates.filter(isKnown),
    ...candidates.filter((each) => !isKnown(each)),
  ]) {
    const count = counts.get(candidate.addedBy) ?? 0;
    if (count >= OFFERS_PER_MEMBER || chosen.length >= MAX_OFFERS) continue;
    counts.set(candidate.addedBy, count + 1);
    chosen.push(candidate);
  }
  return chosen;
}
