/** What to do when a neighbor that has proven its id is connected a second time. */
export type DuplicateChoice = "keep_old" | "keep_new" | "probe_old";

/**
 * One link for each pair of peers, and both sides choose the same one: the one that the peer with the smaller id dialed.
 *
 * Two links in one direction are the dialer's to sort out, and it keeps the first. Whoever was dialed cannot know which of
 * them the dialer still holds: after a restart it is the second. It asks the first for a sign of life and keeps both until
 * one is gone.
 */
export function chooseLink(ids: {
  readonly own: string;
  readonly remote: string;
  readonly oldDirection: "in" | "out";
  readonly newDirection: "in" | "out";
}): DuplicateChoice {
  const { own, remote, oldDirection, newDirection } = ids;
  if (oldDirection === newDirection) return oldDirection === "out" ? "keep_old" : "probe_old";
  const preferred = own < remote ? "out" : "in";
  return newDirection === preferred ? "keep_new" : "keep_old";
}
