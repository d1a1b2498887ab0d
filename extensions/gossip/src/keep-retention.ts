// Two people who agreed that their messages vanish after a time mean ours as well: what waits in our queue, or died in
// it, goes with them. The protocol client keeps its own store by the same rule.
import { setTimeout as sleep } from "node:timers/promises";
import type { Erasure } from "channel-durability";
import type { GossipConnection } from "./client.ts";
import { laneOf } from "./inbound.ts";

/** As often as the protocol client looks at its own store, and far below the shortest time that the app offers. */
const ROUND_MS = 30_000;

export interface RetentionOptions {
  readonly connection: Pick<GossipConnection, "retentions">;
  readonly erasure: Pick<Erasure, "eraseConversation">;
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
  readonly roundMs?: number;
}

/** Deletes what is over its time, now and from time to time, until the signal aborts. */
export async function keepRetention(options: RetentionOptions): Promise<void> {
  const { signal } = options;
  while (!signal.aborted) {
    try {
      eraseExpired(options);
    } catch (error) {
      options.onError(error);
    }
    await sleep(options.roundMs ?? ROUND_MS, undefined, { signal }).catch(() => {});
  }
}

/** One round. @returns How many rows lost their contents. */
export function eraseExpired({
  connection,
  erasure,
}: Pick<RetentionOptions, "connection" | "erasure">): number {
  let erased = 0;
  for (const { span, userId } of connection.retentions()) {
    erased += erasure.eraseConversation({ laneKey: laneOf(userId), target: userId }, span);
  }
  return erased;
}
