/** Steps of the outbox, see `OutboxStep`. */
export type OutboxCheckpoint = "before_commit" | "committed" | "announced" | "sent" | "stored";

/** Where the plugin can be stopped, in the order in which a message and its answer pass. */
export type Checkpoint =
  /** The SDK has the event on disk; our queue does not. */
  | "received"
  /** Our queue has it; the SDK does not know that. */
  | "admitted"
  /** The row is claimed; the host's turn has not begun. */
  | "claimed"
  /** The host has made the turn its own; the row is still claimed. */
  | "adopted"
  /** The row is a tombstone. */
  | "tombstone"
  | OutboxCheckpoint
  /** The host has the message id. */
  | "told"
  /** The host has taken the delivery off its queue. */
  | "settled";

/** Names the address of the test's control server to the plugin under test. */
export const CONTROL_VARIABLE = "CRASH_CONTROL_URL";

/** Reports that the turn in a conversation has come to a checkpoint. Settles when it may go on, which may be never. */
export type Reach = (checkpoint: Checkpoint, conversation: string) => Promise<void>;
