import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { methodOfPath } from "../calls/create-calls.ts";
import type { IncomingCall } from "../grpc/grpc-server.ts";
import { GrpcStatus } from "../grpc/status.ts";
import type { ActiveFault, Fault, FaultScope } from "./faults.ts";
import { HitCounter } from "./hit-counter.ts";

/** The faults that calls meet. */
export class FaultSwitches {
  readonly #active = new Set<InjectedFault>();

  inject(fault: Fault & FaultScope): ActiveFault {
    const injected = new InjectedFault(fault, () => this.#active.delete(injected));
    this.#active.add(injected);
    return injected;
  }

  clear(): void {
    for (const fault of this.#active) fault.remove();
  }

  /** Carries out a call the way the first fitting fault wants it. @throws {@link GrpcStatus} as the answer. */
  async run<T>(call: IncomingCall, work: () => T): Promise<T> {
    for (const fault of this.#active) {
      if (fault.meets(call)) return runWithFault(fault, call, work);
    }
    return work();
  }
}

async function runWithFault<T>(
  { fault, removed }: InjectedFault,
  { stream }: IncomingCall,
  work: () => T,
): Promise<T> {
  if (fault.kind === "delay") {
    const options = { signal: removed, ref: false };
    await sleep(fault.delayMs, undefined, options).catch(() => undefined);
    return work();
  }
  if (fault.applied === true) await work();
  if (fault.kind === "fail") throw new GrpcStatus(fault.code, "fault switch");
  if (fault.kind === "hang" && !stream.destroyed) {
    // The client's departure or the node's stop emits "close"; the removal of the fault ends it from here.
    await once(stream, "close", { signal: removed }).catch(() => undefined);
  }
  stream.session?.destroy();
  throw new GrpcStatus("UNAVAILABLE", "fault switch");
}

class InjectedFault implements ActiveFault {
  readonly fault: Fault;
  readonly #scope: FaultScope;
  readonly #forget: () => void;
  readonly #removal = new AbortController();
  readonly #counter = new HitCounter();
  #toSkip: number;

  constructor(fault: Fault & FaultScope, forget: () => void) {
    this.fault = fault;
    this.#scope = fault;
    this.#toSkip = fault.skip ?? 0;
    this.#forget = forget;
  }

  get hits(): number {
    return this.#counter.hits;
  }

  get removed(): AbortSignal {
    return this.#removal.signal;
  }

  meets({ path, request }: IncomingCall): boolean {
    const { methods, match, times = Number.POSITIVE_INFINITY } = this.#scope;
    const method = methodOfPath(path);
    if (methods !== undefined && (method === undefined || !methods.includes(method))) return false;
    if (this.hits >= times || match?.(request) === false) return false;
    if (this.#toSkip > 0) {
      this.#toSkip -= 1;
      return false;
    }
    this.#counter.add(1);
    return true;
  }

  reached(hits: number): Promise<void> {
    return this.#counter.reached(hits);
  }

  remove(): void {
    this.#forget();
    this.#removal.abort();
  }
}
