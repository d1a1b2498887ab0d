/** What a run of kills has to lead to, whatever the channel. */
export const UNHARMED = {
  lost: [],
  doubled: [],
  strange: 0,
  accidents: [],
  copiesSeen: 0,
  unhandled: 0,
  queueDepth: 0,
};
