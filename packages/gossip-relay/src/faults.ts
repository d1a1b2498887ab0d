import type { IncomingMessage, ServerResponse } from "node:http";
import type { BoardStore } from "./board-store.ts";
import type { RelayRoute } from "./routes.ts";

/** One kind of misbehaviour. `applied` means that the work was done and only its answer is lost. */
export type Fault =
  /** The connection is cut. */
  | { readonly kind: "drop"; readonly applied?: boolean }
  /** No answer ever; the connection stays open until the client leaves, the fault is removed, or the relay closes. */
  | { readonly kind: "hang"; readonly applied?: boolean }
  /** The answer comes late. */
  | { readonly kind: "delay"; readonly delayMs: number }
  /** Posts are carried out twice, lists name every item twice. */
  | { readonly kind: "duplicate" }
  /** Lists come in reverse order. */
  | { readonly kind: "reorder" }
  /** Any status, such as 500, or 429 with `retryAfter` (the header as it is: seconds or an HTTP date). */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly retryAfter?: string;
      readonly applied?: boolean;
    }
  /** The true answer is replaced by what the function makes of it. */
  | { readonly kind: "rewrite"; readonly rewrite: (answer: unknown) => unknown }
  /** The caller writes the raw response: bombs, redirects, endless bodies, anything. */
  | { readonly kind: "respond"; readonly respond: FaultResponder };

export type FaultResponder = (
  request: IncomingMessage,
  response: ServerResponse,
  body: unknown,
) => void | Promise<void>;

/** Which requests a fault meets. Without any of these fields: all, until it is removed. */
export interface FaultScope {
  readonly routes?: readonly RelayRoute[];
  /** Looks at the parsed body (POST) or the query (GET). */
  readonly match?: (bodyOrQuery: unknown) => boolean;
  /** Lets the first N matching requests pass. */
  readonly skip?: number;
  /** Meets N requests, then is over. */
  readonly times?: number;
}

/** A fault that was switched on. */
export interface ActiveFault {
  /** Requests it has met so far. */
  readonly hits: number;
  /** Resolves when it has met `n` requests in all. */
  reached(n: number): Promise<void>;
  /** Switches it off. Requests it left hanging are cut. */
  remove(): void;
}

/**
 * The fault switches of a running relay, for tests. They work in process only: nothing on the wire reaches them.
 * When several faults fit a request, the one injected first applies.
 */
export interface RelayFaults {
  inject(fault: Fault & FaultScope): ActiveFault;
  /** Switches every fault off and sets the clock right. */
  clear(): void;
  /** Wipes the board, counters too: a relay that was installed anew. */
  reset(): void;
  /** Puts other bytes at a taken address, against the first-write rule. @returns whether the address was taken. */
  overwriteValue(seeker: Uint8Array, value: Uint8Array): boolean;
  /** Files any bytes as the keys of a user id, unchecked. */
  overwriteKeys(userId: Uint8Array, bundle: Uint8Array): void;
  /** Added to the relay's clock: the `Date` header, the creation times, and so the pruning. */
  clockOffsetMs: number;
}

/** A fault as the server meets it. */
export interface TakenFault {
  readonly fault: Fault;
  /** Aborted when the fault is removed. */
  readonly removed: AbortSignal;
}

/** The registry behind {@link RelayFaults}. */
export class FaultSwitches implements RelayFaults {
  clockOffsetMs = 0;
  readonly #active = new Set<InjectedFault>();
  readonly #store: () => BoardStore;

  /** @param store - Asked for late, because the store's clock is ours. */
  constructor(store: () => BoardStore) {
    this.#store = store;
  }

  inject(fault: Fault & FaultScope): ActiveFault {
    const injected = new InjectedFault(fault, () => this.#active.delete(injected));
    this.#active.add(injected);
    return injected;
  }

  clear(): void {
    for (const fault of this.#active) fault.remove();
    this.clockOffsetMs = 0;
  }

  reset(): void {
    this.#store().wipe();
  }

  overwriteValue(seeker: Uint8Array, value: Uint8Array): boolean {
    return this.#store().overwriteValue(seeker, value);
  }

  overwriteKeys(userId: Uint8Array, bundle: Uint8Array): void {
    this.#store().putKeys(userId, bundle);
  }

  /** The fault that this request meets, if any. Counts the hit. */
  take(route: RelayRoute, bodyOrQuery: unknown): TakenFault | undefined {
    for (const fault of this.#active) {
      if (fault.meets(route, bodyOrQuery)) return fault;
    }
    return undefined;
  }
}

class InjectedFault implements ActiveFault, TakenFault {
  readonly fault: Fault;
  hits = 0;
  readonly #scope: FaultScope;
  readonly #forget: () => void;
  readonly #removal = new AbortController();
  readonly #waiting = new Set<{ hits: number; resolve: () => void }>();
  #toSkip: number;

  constructor(fault: Fault & FaultScope, forget: () => void) {
    this.fault = fault;
    this.#scope = fault;
    this.#toSkip = fault.skip ?? 0;
    this.#forget = forget;
  }

  get removed(): AbortSignal {
    return this.#removal.signal;
  }

  meets(route: RelayRoute, bodyOrQuery: unknown): boolean {
    const { routes, match, times = Number.POSITIVE_INFINITY } = this.#scope;
    if (routes !== undefined && !routes.includes(route)) return false;
    if (this.hits >= times || match?.(bodyOrQuery) === false) return false;
    if (this.#toSkip > 0) {
      this.#toSkip -= 1;
      return false;
    }
    this.hits += 1;
    for (const waiter of this.#waiting) {
      if (waiter.hits > this.hits) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
    return true;
  }

  reached(hits: number): Promise<void> {
    if (this.hits >= hits) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add({ hits, resolve });
    return promise;
  }

  remove(): void {
    this.#forget();
    this.#removal.abort();
  }
}
