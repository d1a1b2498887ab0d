/** A sender whose pairing code is on its way or sent, and who was not yet told that it was approved. */
export interface WaitingSender {
  readonly senderId: string;
  /** Stable for this wait, also across restarts. */
  readonly noticeId: string;
}

/**
 * Who waits for an approval. It has to outlive the process: the very first approval makes the host restart the
 * channel. channel-durability's `openWaitingList` is one.
 */
export interface WaitingSenders {
  /** Notes a sender, or starts his wait anew. */
  add(senderId: string): WaitingSender;
  list(): readonly WaitingSender[];
  /** @returns False when he was not waiting. */
  remove(senderId: string): boolean;
}
