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
  /**
   * Everything that he wrote before his approval has arrived: what arrives from now on may be heard. Later calls for
   * the same wait change nothing.
   */
  markRead(senderId: string): void;
  /** He was told. @returns False when he was not waiting. */
  endWait(senderId: string): boolean;
  /**
   * Did this arrive while he waited? It stays unheard even when it is looked at after the approval: the notice asks
   * him to send it again.
   *
   * @param arrivedAtMs - When it was stored here, in milliseconds since 1970 by the clock of this machine.
   */
  wroteWhileWaiting(senderId: string, arrivedAtMs: number): boolean;
}
