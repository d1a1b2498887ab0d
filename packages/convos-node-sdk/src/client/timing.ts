/** Pauses and limits of a client. Tests shorten them; nobody else needs to. */
export interface ConvosTiming {
  /** At most this long until a conversation is compared with the network, streams or not. */
  readonly reconcileMs: number;
  /** How often it is asked whether somebody went on from this state elsewhere. */
  readonly newerStateMs: number;
  /** The pause after a failure is between these two. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** The pause while a conversation cannot be opened for a reason that only somebody can mend. */
  readonly stuckRetryMs: number;
  /** How often somebody who waits to be let in looks. */
  readonly joinPollMs: number;
  /** When a join request goes out again as text, for creators that know no other. */
  readonly textCopyMs: number;
  /** People let in by invite, per conversation and hour. The others wait. */
  readonly admissionsPerHour: number;
}

export const DEFAULT_TIMING: ConvosTiming = {
  reconcileMs: 60_000,
  newerStateMs: 240_000,
  retryMinMs: 1_000,
  retryMaxMs: 5_000,
  stuckRetryMs: 300_000,
  joinPollMs: 3_000,
  textCopyMs: 10_000,
  admissionsPerHour: 20,
};
