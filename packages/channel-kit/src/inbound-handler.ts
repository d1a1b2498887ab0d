// What the inbound handlers of all channels have in common.
import type { RevocationWatch } from "channel-access";
import type { MergingMonitorOptions, Outbox, TurnOptions } from "channel-durability";

/** Deals with facts that need no turn of the agent (`done`), and runs one turn for those of one person that do. */
export type InboundHandler<TFacts> = Pick<MergingMonitorOptions<TFacts>, "judge" | "runTurn">;

/** A turn whose person is watched. */
export interface WatchedTurn {
  readonly lifecycle: TurnOptions["lifecycle"];
  /** Aborts when the person loses access. */
  readonly signal: AbortSignal;
  readonly onSettled: () => void;
}

/** Runs a turn that ends when its person loses access. */
export async function runWatchedTurn<T>(
  revocations: Pick<RevocationWatch, "watch">,
  person: string,
  lifecycle: TurnOptions["lifecycle"],
  run: (turn: WatchedTurn) => Promise<T>,
): Promise<T> {
  const work = revocations.watch(person);
  const onSettled = (): void => work[Symbol.dispose]();
  let isDeferred = false;
  try {
    return await run({
      lifecycle: {
        ...lifecycle,
        onDeferred: () => {
          isDeferred = true;
          return lifecycle.onDeferred();
        },
        abortSignal: AbortSignal.any([lifecycle.abortSignal, work.signal]),
      },
      signal: work.signal,
      onSettled,
    });
  } finally {
    // A turn behind a running one is watched until its own end.
    if (!isDeferred) onSettled();
  }
}

/** Sends what is said before the answer. One piece after the other: they are read in this order. */
export async function sendPieces<TBody>(
  outbox: Pick<Outbox<TBody>, "sendBestEffort">,
  pieces: readonly string[],
  toBody: (piece: string) => TBody,
): Promise<{ nativeId: string }[]> {
  const sent = [];
  for (const piece of pieces) sent.push(await outbox.sendBestEffort(toBody(piece)));
  return sent;
}
