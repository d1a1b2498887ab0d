import { setTimeout as sleep } from "node:timers/promises";
import type { Erasure, MergingMonitor } from "channel-durability";
import type { GossipConnection } from "./client.ts";
import { messageKey, toInboundFacts, type InboundFacts } from "./inbound.ts";

/** Pause before a fact that could not be stored is tried again: a full disk does not empty itself within a second. */
const STORE_RETRY_MS = 5000;
/** More facts than this do not lie in the queue; the protocol client keeps the others on disk meanwhile. */
const MAX_WAITING = 1000;
const ROOM_POLL_MS = 1000;

/** Points between which a process can die; the crash tests stop there. */
type ReceiveStep = "received" | "admitted";

export interface ReceiveOptions {
  readonly connection: Pick<GossipConnection, "events" | "markHandled">;
  readonly monitor: Pick<MergingMonitor<InboundFacts>, "admit" | "requestDrain" | "withdraw">;
  readonly erasure: Pick<Erasure, "eraseEvent">;
  /** Facts in the queue that nobody has begun to deal with. */
  readonly countWaiting: () => number;
  readonly onReceived: () => void;
  /** Told of each fact before it is stored; true when the fact is dealt with and is not to be stored. */
  readonly takesOver?: (facts: InboundFacts) => boolean;
  /** A fact could not be stored. It is kept by the protocol client and tried again until it is. */
  readonly onNotStored: (error: unknown) => void;
  readonly signal: AbortSignal;
  readonly retryMs?: number;
  readonly maxWaiting?: number;
  /** For crash tests: called at each step of a fact, which goes on when it settles. */
  readonly checkpoint?: (step: ReceiveStep, facts: InboundFacts) => void | Promise<void>;
}

/**
 * Takes events over from the protocol client into the channel's queue. An event is marked handled only when its fact
 * is on disk here, so a crash in between brings it again; the queue knows it by its key then.
 */
export async function receiveEvents(options: ReceiveOptions): Promise<void> {
  const { connection, signal } = options;
  for await (const event of connection.events(signal)) {
    const facts = toInboundFacts(event);
    if (facts !== undefined && options.takesOver?.(facts) !== true) {
      await untilRoom(options);
      await options.checkpoint?.("received", facts);
      await untilStored(() => store(facts, event.receivedAtMs, options), options);
      await options.checkpoint?.("admitted", facts);
      options.onReceived();
    }
    // This is a write to the same disk.
    await untilStored(() => connection.markHandled(event.id), options);
    options.monitor.requestDrain();
  }
}

/** Waits while the queue is full: whoever floods the agent waits for it, and so does the disk. */
async function untilRoom(options: ReceiveOptions): Promise<void> {
  const { countWaiting, maxWaiting = MAX_WAITING, signal } = options;
  while (countWaiting() >= maxWaiting) {
    await sleep(options.retryMs ?? ROOM_POLL_MS, undefined, { signal });
  }
}

async function store(
  facts: InboundFacts,
  receivedAtMs: number,
  options: ReceiveOptions,
): Promise<void> {
  if (await withdrawUnseen(facts, options)) return;
  await options.monitor.admit(facts, { receivedAtMs });
}

async function untilStored(
  write: () => void | Promise<void>,
  options: ReceiveOptions,
): Promise<void> {
  for (;;) {
    try {
      await write();
      return;
    } catch (error) {
      options.signal.throwIfAborted();
      options.onNotStored(error);
      await sleep(options.retryMs ?? STORE_RETRY_MS, undefined, { signal: options.signal });
    }
  }
}

/** A message deleted before the agent saw it is not shown to it, and neither is the deletion. A dead letter goes too. */
async function withdrawUnseen(
  facts: InboundFacts,
  { erasure, monitor }: Pick<ReceiveOptions, "erasure" | "monitor">,
): Promise<boolean> {
  if (facts.kind !== "delete") return false;
  const key = messageKey(facts.peer, facts.targetId);
  return (await monitor.withdraw(key)) || erasure.eraseEvent(key) > 0;
}
