import type { LocalNodeMethod } from "../calls/create-calls.ts";
import type { GrpcCode } from "../grpc/status.ts";

/** One kind of misbehaviour. `applied` means that the work was done and only its answer is lost. */
export type Fault =
  /** The call ends with this status. */
  | { readonly kind: "fail"; readonly code: GrpcCode; readonly applied?: boolean }
  /** The connection is cut, with everything else on it. */
  | { readonly kind: "drop"; readonly applied?: boolean }
  /** No answer ever; until the client leaves, the fault is removed, or the node stops. */
  | { readonly kind: "hang"; readonly applied?: boolean }
  /** The call is carried out late. */
  | { readonly kind: "delay"; readonly delayMs: number };

/** Which calls a fault meets. Without any of these fields: all, until it is removed. */
export interface FaultScope {
  readonly methods?: readonly LocalNodeMethod[];
  /** Looks at the encoded request; a group id or an installation key stands in it as it is. */
  readonly match?: (request: Uint8Array) => boolean;
  /** Lets the first N matching calls pass. */
  readonly skip?: number;
  /** Meets N calls, then is over. */
  readonly times?: number;
}

/** A fault that was switched on. */
export interface ActiveFault {
  /** Calls it has met so far. */
  readonly hits: number;
  /** Resolves when it has met `n` calls in all. */
  reached(n: number): Promise<void>;
  /** Switches it off. Calls it left hanging are cut. */
  remove(): void;
}

/** Which messages are withheld. Without `kind` and `topic`: all. */
export interface WithholdScope {
  /**
   * "streams": they are stored, and queries see them, but nobody is told. "everyone": they were accepted, and are
   * nowhere to be seen; they get their numbers when they are released.
   */
  readonly from: "streams" | "everyone";
  readonly kind?: "group" | "welcome";
  /** Group id or installation key. */
  readonly topic?: Uint8Array;
}

export interface WithheldMessages {
  /** Messages withheld so far. */
  readonly held: number;
  /** Resolves when `n` messages have been withheld in all. */
  reached(n: number): Promise<void>;
  /** Stops withholding, and lets go what was held: in its order, or the newest first. */
  release(order?: "in order" | "reversed"): void;
  /** Stops withholding. What was held never arrives: for "streams" it can be queried, for "everyone" it is lost. */
  lose(): void;
}

/**
 * The fault switches of a running node, for tests. They work in process only: nothing on the wire reaches them.
 * When several faults fit a call, the one injected first applies.
 */
export interface LocalNodeFaults {
  inject(fault: Fault & FaultScope): ActiveFault;
  withhold(scope: WithholdScope): WithheldMessages;
  /** Ends every open stream with a status, by default UNAVAILABLE. @returns how many there were. */
  dropStreams(code?: GrpcCode): number;
  /** Removes every fault, and releases what is withheld. */
  clear(): void;
}
