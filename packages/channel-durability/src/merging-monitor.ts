// Several messages of one person in quick succession become one turn: the host's debounce decides what belongs
// together, our queue makes the rows end together.

import {
  createInboundDebouncer,
  type InboundDebounceCreateParams,
} from "openclaw/plugin-sdk/channel-inbound-debounce";
import { fanInChannelIngressLifecycles } from "openclaw/plugin-sdk/channel-ingress-runtime";
import type { ChannelIngressMonitorLifecycle } from "openclaw/plugin-sdk/channel-outbound";
import {
  createIngressMonitor,
  type IngressMonitor,
  type IngressMonitorOptions,
} from "./ingress-monitor.ts";
import { readBoundIds } from "./ingress-settlement.ts";

/** One turn answers at most this many events; the next ones are the next turn. */
const MAX_EVENTS_PER_TURN = 50;
/** How long the rest of an interrupted turn is waited for: longer than a poll of the queue. */
const BOUND_QUIET_MS = 5000;

type Deliver<TEvent> = IngressMonitorOptions<TEvent>["deliver"];

export interface MergingMonitorOptions<TEvent> extends Omit<
  IngressMonitorOptions<TEvent>,
  "deliver" | "releasesDeferredLanes"
> {
  /**
   * Deals with an event that needs no turn (`done`), or says that it needs one. Throwing means again later. Asked once
   * per event and attempt, before events are joined.
   */
  judge(event: TEvent): Promise<"done" | "turn">;
  /** How long the lane must be quiet before the turn with this event begins, in ms; 0: alone and at once. */
  quietMs(event: TEvent): number;
  /** May this event join the events that wait for their turn already? Default yes. */
  mayJoin?(event: TEvent, waiting: readonly TEvent[]): boolean;
  /**
   * May a turn begin with this event? Asked once per turn, not again for one that a crash or an error interrupted.
   * False puts the event back into the queue; {@link IngressMonitorOptions.holdsLane} must be true for its lane then, and
   * {@link IngressMonitorOptions.passesHold} false for the event.
   */
  mayBegin?(event: TEvent): boolean;
  /**
   * Runs one turn for events of one lane, in the order of their arrival. Returning means all are dealt with, throwing
   * before the host adopted the turn means all again later, together.
   */
  runTurn(
    events: readonly [TEvent, ...TEvent[]],
    lifecycle: ChannelIngressMonitorLifecycle,
  ): Promise<void>;
}

export interface MergingMonitor<TEvent> extends IngressMonitor<TEvent> {
  /**
   * Takes back an event whose turn has not begun, durably.
   *
   * @returns False when there is no such event, or its turn may have begun.
   */
  withdraw(eventId: string): Promise<boolean>;
}

/** An event between its claim and the begin of its turn. */
interface Item<TEvent> {
  readonly event: TEvent;
  readonly laneKey: string;
  readonly lifecycle: ChannelIngressMonitorLifecycle;
  readonly claim: Parameters<Deliver<TEvent>>[2];
  readonly quietMs: number;
  /** Ids of the turn that an interrupted attempt had begun with this event. */
  readonly boundIds: readonly string[] | undefined;
  isWithdrawn: boolean;
  /** The turn that this event is the first of has ended, or will not begin. */
  readonly ended: PromiseWithResolvers<void>;
}

/**
 * An ingress monitor whose events may share a turn. Which events a turn has is on disk before it begins, so a crash at
 * any point leads to the same turn again, which the host knows by its message id, or to none.
 *
 * While a turn waits for the host to adopt it, the next events of its lane stay in the queue.
 */
export function createMergingMonitor<TEvent>(
  options: MergingMonitorOptions<TEvent>,
): MergingMonitor<TEvent> {
  return new TurnMerger(options);
}

class TurnMerger<TEvent> implements MergingMonitor<TEvent> {
  readonly #options: MergingMonitorOptions<TEvent>;
  readonly #monitor: IngressMonitor<TEvent>;
  readonly #debouncer: ReturnType<typeof createInboundDebouncer<Item<TEvent>>>;
  /** By event id; an event leaves it when its turn begins. */
  readonly #collecting = new Map<string, Item<TEvent>>();
  /** Lanes with a turn that the host has not adopted yet. */
  readonly #beginning = new Map<string, number>();
  readonly #cancellations = new Set<Promise<void>>();
  #isStopping = false;

  constructor(options: MergingMonitorOptions<TEvent>) {
    this.#options = options;
    const debouncing: InboundDebounceCreateParams<Item<TEvent>> = {
      debounceMs: 0,
      buildKey: ({ laneKey }) => laneKey,
      resolveDebounceMs: ({ quietMs }) => quietMs,
      canAppend: (item, waiting) => this.#mayJoin(item, waiting),
      serializeImmediate: true,
      onFlush: (items) => this.#begin(items),
      onCancel: (items) => items.forEach((item) => this.#putBack(item)),
      onError: (error) => options.onError?.(error),
    };
    this.#debouncer = createInboundDebouncer(debouncing);
    this.#monitor = createIngressMonitor<TEvent>({
      ...options,
      releasesDeferredLanes: true,
      holdsLane: (laneKey) => this.#beginning.has(laneKey) || options.holdsLane?.(laneKey) === true,
      passesHold: (event) => this.#passesHold(event),
      deliver: (event, lifecycle, claim) => this.#deliver(event, lifecycle, claim),
    });
  }

  admit: IngressMonitor<TEvent>["admit"] = (event, admitOptions) =>
    this.#monitor.admit(event, admitOptions);

  requestDrain(): void {
    this.#monitor.requestDrain();
  }

  start(): void {
    this.#monitor.start();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    // What only waits for company goes back to the queue; the next start begins its turn.
    for (const { laneKey } of this.#collecting.values()) this.#debouncer.cancelKey(laneKey);
    await this.#monitor.stop();
    await Promise.all([...this.#cancellations, this.#debouncer.drain()]);
  }

  async waitForIdle(): Promise<void> {
    do {
      await this.#monitor.waitForIdle();
      await this.#debouncer.drain();
    } while (this.#collecting.size > 0);
    await this.#monitor.waitForIdle();
  }

  async withdraw(eventId: string): Promise<boolean> {
    const item = this.#collecting.get(eventId);
    if (item === undefined) return this.#options.queue.withdraw(eventId);
    if (item.boundIds !== undefined) return false;
    item.isWithdrawn = true;
    await item.lifecycle.onAdopted();
    return true;
  }

  readonly #deliver: Deliver<TEvent> = async (event, lifecycle, claim) => {
    const boundIds = readBoundIds(claim.metadata);
    const item: Item<TEvent> = {
      event,
      laneKey: claim.laneKey ?? claim.id,
      lifecycle,
      claim,
      boundIds,
      quietMs:
        boundIds === undefined
          ? this.#options.quietMs(event)
          : boundIds.length > 1
            ? BOUND_QUIET_MS
            : 0,
      isWithdrawn: false,
      ended: Promise.withResolvers(),
    };
    this.#collecting.set(claim.id, item);
    try {
      const verdict = await this.#options.judge(event);
      if (verdict === "done" || item.isWithdrawn) {
        this.#collecting.delete(claim.id);
        return { kind: "completed" };
      }
      if (this.#isStopping || !this.#mayEnter(item)) {
        this.#putBack(item);
        return { kind: "deferred" };
      }
    } catch (error) {
      this.#collecting.delete(claim.id);
      throw error;
    }
    const isFirst = !this.#joins(item);
    lifecycle.onDeferred();
    this.#debouncer.enqueue(item).catch((error: unknown) => this.#options.onError?.(error));
    if (boundIds !== undefined && this.#isWhole(boundIds)) {
      this.#debouncer
        .flushKey(item.laneKey)
        .catch((error: unknown) => this.#options.onError?.(error));
    }
    // The turn runs in the context of its first event's delivery, and the host admits no work from one that has ended.
    if (isFirst) await item.ended.promise;
    return { kind: "deferred" };
  };

  /** Nothing goes ahead of a turn that the host has not adopted: there is none yet that it could concern. */
  #passesHold(event: TEvent): boolean {
    const laneKey = this.#options.inspect(event)?.laneKey;
    if (laneKey === undefined || this.#beginning.has(laneKey)) return false;
    return this.#options.passesHold?.(event) === true;
  }

  #mayEnter(item: Item<TEvent>): boolean {
    if (item.boundIds !== undefined || this.#joins(item)) return true;
    return this.#options.mayBegin?.(item.event) !== false;
  }

  /** Whether the event will share the turn of events that wait already. */
  #joins(item: Item<TEvent>): boolean {
    const waiting = [...this.#collecting.values()].filter(
      (other) => other !== item && other.laneKey === item.laneKey,
    );
    return waiting.length > 0 && item.quietMs > 0 && this.#mayJoin(item, waiting);
  }

  #mayJoin(item: Item<TEvent>, waiting: readonly Item<TEvent>[]): boolean {
    const [first] = waiting;
    if (item.boundIds !== undefined || first?.boundIds !== undefined) {
      return first?.boundIds?.includes(item.claim.id) === true;
    }
    if (waiting.length >= MAX_EVENTS_PER_TURN) return false;
    const events = waiting.filter(({ isWithdrawn }) => !isWithdrawn).map(({ event }) => event);
    return this.#options.mayJoin?.(item.event, events) ?? true;
  }

  #isWhole(boundIds: readonly string[]): boolean {
    return boundIds.every((id) => this.#collecting.has(id));
  }

  #putBack(item: Item<TEvent>): void {
    this.#collecting.delete(item.claim.id);
    item.ended.resolve();
    if (item.isWithdrawn) return;
    const cancelled = Promise.resolve(item.lifecycle.onCancelled?.())
      .catch((error: unknown) => this.#options.onError?.(error))
      .finally(() => this.#cancellations.delete(cancelled));
    this.#cancellations.add(cancelled);
  }

  #begin(items: readonly Item<TEvent>[]): {
    admission: Promise<void>;
    completion: Promise<void>;
  } {
    for (const { claim } of items) this.#collecting.delete(claim.id);
    const [first, ...others] = items.filter(({ isWithdrawn }) => !isWithdrawn);
    const end = (): void => items.forEach(({ ended }) => ended.resolve());
    if (first === undefined) {
      end();
      return { admission: Promise.resolve(), completion: Promise.resolve() };
    }
    const admission = this.#occupy(first.laneKey);
    return {
      admission: admission.left,
      completion: this.#runTurn([first, ...others], admission.leave).finally(end),
    };
  }

  /** Keeps the lane's next events in the queue until `leave` is called. */
  #occupy(laneKey: string): { left: Promise<void>; leave: () => void } {
    const { promise: left, resolve } = Promise.withResolvers<void>();
    this.#beginning.set(laneKey, (this.#beginning.get(laneKey) ?? 0) + 1);
    let isLeft = false;
    const leave = (): void => {
      if (isLeft) return;
      isLeft = true;
      const others = (this.#beginning.get(laneKey) ?? 1) - 1;
      if (others === 0) this.#beginning.delete(laneKey);
      else this.#beginning.set(laneKey, others);
      resolve();
      this.#monitor.requestDrain();
    };
    return { left, leave };
  }

  async #runTurn(
    items: readonly [Item<TEvent>, ...Item<TEvent>[]],
    leave: () => void,
  ): Promise<void> {
    const fan = fanInChannelIngressLifecycles(items.map(({ lifecycle }) => lifecycle));
    const shared = fan.lifecycle ?? items[0].lifecycle;
    let isDeferred = false;
    let isAdopted = false;
    // The drain gives up a turn that nobody adopts, and says so only here.
    shared.abortSignal.addEventListener("abort", leave, { once: true });
    const lifecycle: ChannelIngressMonitorLifecycle = {
      ...shared,
      admission: "exclusive",
      onAdopted: async () => {
        await shared.onAdopted();
        isAdopted = true;
        leave();
      },
      onDeferred: () => {
        isDeferred = true;
        return shared.onDeferred();
      },
      onFailed: async (error) => {
        await shared.onFailed?.(error);
        leave();
      },
      onCancelled: async () => {
        await shared.onCancelled?.();
        leave();
      },
      onAbandoned: async () => {
        await shared.onAbandoned();
        leave();
      },
    };
    const [first, ...others] = items;
    try {
      this.#options.queue.bind(items.map(({ claim }) => claim));
      await this.#options.runTurn([first.event, ...others.map(({ event }) => event)], lifecycle);
      await fan.settle();
    } catch (error) {
      if (isAdopted) this.#options.onError?.(error);
      await (shared.abortSignal.aborted ? fan.cancel() : fan.abandon(error));
    } finally {
      shared.abortSignal.removeEventListener("abort", leave);
      // A turn that the host put behind a running one is adopted later, through the lifecycle.
      if (!isDeferred) leave();
    }
  }
}
