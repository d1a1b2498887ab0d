// Reactions, edits and deletions of one person between two turns: the agent hears of the first ones, and how many more
// there were. The host itself keeps twenty lines per conversation and would forget the oldest.

/** One line of the host's twenty is kept for the count of the others. */
const MAX_NOTICES_PER_TURN = 19;

export interface NoticeLimit {
  /** May this notice of the person reach the agent? Counts the ones that may not. */
  admit(peer: string): boolean;
  /** A turn of the person begins. @returns How many notices were left out since the last one. */
  beginTurn(peer: string): number;
}

export function createNoticeLimit(maxPerTurn = MAX_NOTICES_PER_TURN): NoticeLimit {
  const counts = new Map<string, number>();
  return {
    admit: (peer) => {
      const count = (counts.get(peer) ?? 0) + 1;
      counts.set(peer, count);
      return count <= maxPerTurn;
    },
    beginTurn: (peer) => {
      const count = counts.get(peer) ?? 0;
      counts.delete(peer);
      return Math.max(0, count - maxPerTurn);
    },
  };
}
