import { setTimeout as sleep } from "node:timers/promises";
import type { Erasure, MergingMonitor, WaitingLoad } from "channel-durability";

/** Pause before a fact that could not be stored is tried again: a full disk does not empty itself within a second. */
const STORE_RETRY_MS = 5000;
/** More facts of one person do not lie in the queue; the protocol client keeps the others on disk meanwhile. */
const MAX_WAITING_OF_ONE = 100;
/** From so many facts in all on, people who have some in the queue already wait for these. */
const MAX_WAITING = 10_000;
/** The same two bounds by size: a message of control characters is kept as fourteen times its size. */
const MAX_WAITING_BYTES_OF_ONE = 4 * 1024 * 1024;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
const ROOM_POLL_MS = 1000;
/** So many urgent facts of one person may lie in the queue above its bound. */
const MAX_URGENT_OF_ONE = 10;

/** Points between which a process can die; the crash tests stop there. */
type ReceiveStep = "received" | "admitted";

/** An event of the protocol client, as far as taking it over goes. */
export interface IncomingEvent {
  readonly id: number;
  readonly receivedAtMs: number;
}

/** Where events come from. What is not marked handled comes again after a restart. */
export interface EventSource<TEvent extends IncomingEvent> {
  /** Everything not yet handled, of earlier runs too, then what comes in; ends when the signal aborts. */
  events(signal: AbortSignal): AsyncIterable<TEvent>;
  /** Called when the event is durable elsewhere: it is not offered again. */
  markHandled(eventId: number): void;
}

export interface ReceiveOptions<TEvent extends IncomingEvent, TFacts> {
  readonly connection: EventSource<TEvent>;
  /** What an event means to the channel; undefined when the channel has nothing to do with it. */
  readonly toFacts: (event: TEvent) => TFacts | undefined;
  readonly laneOf: (facts: TFacts) => string;
  /** The queue id of the message that these facts take back; undefined for facts that take back none. */
  readonly takesBack?: (facts: TFacts) => string | undefined;
  readonly monitor: Pick<MergingMonitor<TFacts>, "admit" | "requestDrain" | "withdraw">;
  readonly erasure: Pick<Erasure, "eraseEvent">;
  /** Must these facts not wait for room, e.g. a call to stop? A few of them per lane then need none. */
  readonly isUrgent?: (facts: TFacts) => boolean;
  /** Facts in the queue that nobody has begun to deal with, in all or of one lane. */
  readonly countWaiting: (laneKey?: string) => WaitingLoad;
  readonly onReceived: () => void;
  /** Told of each fact before it is stored; true when the fact is dealt with and is not to be stored. */
  readonly takesOver?: (facts: TFacts) => boolean;
  /** A fact could not be stored. It is kept by the protocol client and tried again until it is. */
  readonly onNotStored: (error: unknown) => void;
  readonly signal: AbortSignal;
  readonly retryMs?: number;
  readonly maxWaiting?: number;
  readonly maxWaitingOfOne?: number;
  readonly maxWaitingBytes?: number;
  readonly maxWaitingBytesOfOne?: number;
  /** For crash tests: called at each step of a fact, which goes on when it settles. */
  readonly checkpoint?: (step: ReceiveStep, facts: TFacts) => void | Promise<void>;
}

/**
 * Takes events over from the protocol client into the channel's queue. An event is marked handled only when its fact
 * is on disk here, so a crash in between brings it again; the queue knows it by its key then.
 *
 * Whoever floods the agent waits alone: his events are passed over, unhandled, until his lane has room, and then taken in
 * their order.
 */
export async function receiveEvents<TEvent extends IncomingEvent, TFacts>(
  options: ReceiveOptions<TEvent, TFacts>,
): Promise<void> {
  while (!options.signal.aborted) {
    const isComplete = await receiveUntilRoom(options);
    if (isComplete) return;
  }
}

/** @returns False when events were passed over whose people have room now: they come again from the start. */
async function receiveUntilRoom<TEvent extends IncomingEvent, TFacts>(
  options: ReceiveOptions<TEvent, TFacts>,
): Promise<boolean> {
  const { connection, signal } = options;
  const held = new Set<string>();
  const pass = new AbortController();
  const isHeld = (laneKey: string): boolean => held.has(laneKey) || isFull(laneKey, options);
  let room: Promise<void> | undefined;
  for await (const event of connection.events(AbortSignal.any([signal, pass.signal]))) {
    const facts = options.toFacts(event);
    if (facts !== undefined && options.takesOver?.(facts) !== true) {
      const laneKey = options.laneOf(facts);
      if (!isHeld(laneKey) || goesAhead(facts, laneKey, options)) {
        await options.checkpoint?.("received", facts);
        await untilStored(() => store(facts, event.receivedAtMs, options), options);
        await options.checkpoint?.("admitted", facts);
        options.onReceived();
        // What takes back a message that waits needs no room, and would come too late behind the others.
      } else if (!(await untilStored(() => withdrawUnseen(facts, options), options))) {
        held.add(laneKey);
        room ??= whenRoom(held, options).then(() => pass.abort());
        continue;
      }
    }
    // This is a write to the same disk.
    await untilStored(() => connection.markHandled(event.id), options);
    options.monitor.requestDrain();
  }
  await room;
  return held.size === 0 || signal.aborted;
}

function isFull<TEvent extends IncomingEvent, TFacts>(
  laneKey: string,
  options: ReceiveOptions<TEvent, TFacts>,
): boolean {
  const { maxWaiting = MAX_WAITING, maxWaitingBytes = MAX_WAITING_BYTES } = options;
  const own = options.countWaiting(laneKey);
  // The first words of a person get in, whatever others have there.
  if (own.rows === 0) return false;
  if (shareOfOwnRoom(own, options) >= 1) return true;
  const all = options.countWaiting();
  return all.rows >= maxWaiting || all.bytes >= maxWaitingBytes;
}

function goesAhead<TEvent extends IncomingEvent, TFacts>(
  facts: TFacts,
  laneKey: string,
  { countWaiting, isUrgent, maxWaitingOfOne = MAX_WAITING_OF_ONE }: ReceiveOptions<TEvent, TFacts>,
): boolean {
  return (
    isUrgent?.(facts) === true && countWaiting(laneKey).rows < maxWaitingOfOne + MAX_URGENT_OF_ONE
  );
}

/** How much of the room of one lane is taken, by number or by size; 1 is all of it. */
function shareOfOwnRoom<TEvent extends IncomingEvent, TFacts>(
  { bytes, rows }: WaitingLoad,
  {
    maxWaitingOfOne = MAX_WAITING_OF_ONE,
    maxWaitingBytesOfOne = MAX_WAITING_BYTES_OF_ONE,
  }: Pick<ReceiveOptions<TEvent, TFacts>, "maxWaitingBytesOfOne" | "maxWaitingOfOne">,
): number {
  return Math.max(rows / maxWaitingOfOne, bytes / maxWaitingBytesOfOne);
}

/** Resolves when somebody of `held` has half of his room back, so that the events are not read again for each one. */
async function whenRoom<TEvent extends IncomingEvent, TFacts>(
  held: ReadonlySet<string>,
  options: ReceiveOptions<TEvent, TFacts>,
): Promise<void> {
  const { countWaiting, signal } = options;
  const hasRoom = (laneKey: string): boolean =>
    shareOfOwnRoom(countWaiting(laneKey), options) <= 1 / 2 && !isFull(laneKey, options);
  do {
    try {
      await sleep(options.retryMs ?? ROOM_POLL_MS, undefined, { signal });
    } catch {
      return;
    }
  } while (![...held].some(hasRoom));
}

async function store<TEvent extends IncomingEvent, TFacts>(
  facts: TFacts,
  receivedAtMs: number,
  options: ReceiveOptions<TEvent, TFacts>,
): Promise<void> {
  if (await withdrawUnseen(facts, options)) return;
  await options.monitor.admit(facts, { receivedAtMs });
}

async function untilStored<TEvent extends IncomingEvent, TFacts, T>(
  write: () => T | Promise<T>,
  options: ReceiveOptions<TEvent, TFacts>,
): Promise<T> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      options.signal.throwIfAborted();
      options.onNotStored(error);
      await sleep(options.retryMs ?? STORE_RETRY_MS, undefined, { signal: options.signal });
    }
  }
}

/** A message deleted before the agent saw it is not shown to it, and neither is the deletion. A dead letter goes too. */
async function withdrawUnseen<TEvent extends IncomingEvent, TFacts>(
  facts: TFacts,
  {
    erasure,
    monitor,
    takesBack,
  }: Pick<ReceiveOptions<TEvent, TFacts>, "erasure" | "monitor" | "takesBack">,
): Promise<boolean> {
  const key = takesBack?.(facts);
  if (key === undefined) return false;
  return (await monitor.withdraw(key)) || erasure.eraseEvent(key) > 0;
}
