import { setTimeout as sleep } from "node:timers/promises";
import { EchoChild } from "./child-process.ts";
import type { ChildEnd, ChildKind } from "./child-process.ts";
import { planName } from "./kill-points.ts";
import type { KillPlan } from "./kill-points.ts";
import type { News, Order } from "./wire.ts";

/** A child whose point was not passed by then is killed where it is. */
const PATIENCE_MS = 6000;

export interface KillerDeps {
  readonly child: ChildKind;
  /** What every child is told. */
  readonly go: Omit<Extract<Order, { kind: "go" }>, "kind" | "killAt">;
  /** Calls `kill` at the n-th passing of a point on the network's side. @returns How to take that back. */
  arm(point: string, occurrence: number, kill: () => void): () => void;
}

/** Starts children one after the other on the same state, and ends them as planned. */
export class Killer {
  /** Kills by the name of their point; "missed" are those whose point was not passed in time. */
  readonly byPoint: Record<string, { kills: number; missed: number }> = {};
  /** Children that ended otherwise than by SIGKILL, and failures that they reported. */
  readonly accidents: string[] = [];
  readonly #deps: KillerDeps;
  #next: EchoChild;
  #current: EchoChild | undefined;

  constructor(deps: KillerDeps) {
    this.#deps = deps;
    // Loading the code takes longer than most children live: the next one does so while this one runs.
    this.#next = new EchoChild(deps.child);
  }

  /** Starts the next child without a plan to kill it. */
  async startUnharmed(): Promise<void> {
    await this.#start();
  }

  /** Kills the child that {@link startUnharmed} started. */
  async killNow(): Promise<void> {
    const child = this.#current;
    child?.kill();
    if (child !== undefined) await this.#note(child, "any time");
  }

  /** Runs the next child until it is dead by plan. */
  async runUntilKilled(plan: KillPlan): Promise<void> {
    const child = await this.#start(plan.kind === "child" ? plan : undefined);
    const disarm =
      plan.kind === "network"
        ? this.#deps.arm(plan.point, plan.occurrence, () => child.kill())
        : () => {};
    const patienceMs = plan.kind === "time" ? plan.afterMs : PATIENCE_MS;
    const ended = await Promise.race([child.ended, sleep(patienceMs, undefined)]);
    if (ended === undefined) child.kill();
    await this.#note(child, planName(plan), plan.kind !== "time" && ended === undefined);
    disarm();
  }

  /** Lets the running child stop by itself. @returns What it said in the end. */
  async stop(): Promise<Extract<News, { kind: "stopped" }> | undefined> {
    const child = this.#current;
    child?.order({ kind: "stop" });
    const end = await child?.ended;
    if (end !== undefined && end.code !== 0) this.accidents.push(`stopping: ${describe(end)}`);
    this.accidents.push(...(child?.errors ?? []));
    return child?.stopped;
  }

  /** Ends whatever still runs. */
  async dispose(): Promise<void> {
    const children = [this.#next, this.#current].filter((child) => child !== undefined);
    for (const child of children) child.kill();
    await Promise.all(children.map((child) => child.ended));
  }

  async #start(killAt?: Extract<KillPlan, { kind: "child" }>): Promise<EchoChild> {
    const child = this.#next;
    await child.loaded;
    child.order({
      kind: "go",
      ...this.#deps.go,
      ...(killAt && { killAt: { point: killAt.point, occurrence: killAt.occurrence } }),
    });
    this.#current = child;
    this.#next = new EchoChild(this.#deps.child);
    return child;
  }

  async #note(child: EchoChild, point: string, isMissed = false): Promise<void> {
    const end = await child.ended;
    const count = (this.byPoint[point] ??= { kills: 0, missed: 0 });
    count.kills += 1;
    if (isMissed) count.missed += 1;
    if (end.signal !== "SIGKILL") this.accidents.push(`${point}: ${describe(end)}`);
    this.accidents.push(...child.errors.map((text) => `${point}: ${text}`));
  }
}

function describe({ code, signal }: ChildEnd): string {
  return signal === null ? `ended with code ${code}` : `ended by ${signal}`;
}
