import type { Frame } from "../frame/frames.ts";
import type { MeshMessage } from "../message/message.ts";

/**
 * How reading from another peer's store ended.
 *
 * - `complete`: all that it gives was read.
 * - `equal_timestamps`: a whole page of one timestamp, which the reference gives no way past (section 4.1). Log it.
 * - `no_progress`: the other repeats itself, or takes back what it said.
 * - `too_much`: more answers than any honest store needs.
 * - `malformed`: the answer breaks a rule of its frame.
 */
export type SyncEnd = "complete" | "equal_timestamps" | "no_progress" | "too_much" | "malformed";

/**
 * Reads one channel from another peer: frames in, frames out, no sockets and no clock. In a loop: send what {@link next}
 * gives, wait for an answer, hand it to {@link receive}, check and store its messages, write its cursor.
 */
export interface SyncSession<TAnswer> {
  /** What to send now; undefined when it has ended. Call it once for each answer, after its messages were stored. */
  next(): Frame | undefined;
  /** Takes an answer. @returns Undefined for one that was not asked for: ignore it, or count it against the link. */
  receive(answer: TAnswer): SyncStep | undefined;
  /** Set when it is over; the messages of the last answer have to be stored all the same. */
  readonly end: SyncEnd | undefined;
}

export interface SyncStep {
  /** To be checked like messages from anybody, and stored. Those that are new to us are for the neighbors too. */
  readonly messages: readonly MeshMessage[];
  /** To be written, once the messages are on the disk, for `MeshStore.readCursor` of the next time. */
  readonly cursor?: string;
}
