import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import type { RelayRoute, RunningRelay } from "../../packages/gossip-relay/src/index.ts";
import { EchoChild } from "./child-process.ts";
import type { ChildEnd } from "./child-process.ts";
import { planName } from "./kill-points.ts";
import type { KillPlan } from "./kill-points.ts";
import type { News } from "./wire.ts";

/** A child whose point was not passed by then is killed where it is. */
const PATIENCE_MS = 6000;

const PostSchema = z.object({ key: z.string() });
const FetchSchema = z.object({ seekers: z.array(z.string()) });

export interface KillerDeps {
  readonly relay: RunningRelay;
  readonly mnemonic: string;
  readonly stateDir: string;
  /** For compiled code, shared by all children. */
  readonly cacheDir: string;
  /** Whether the other side has posted to this address (Base64): the child polls it, and never posts there. */
  isPeerAddress(address: string): boolean;
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
    this.#next = new EchoChild(deps.mnemonic, deps.cacheDir);
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
    const disarm = plan.kind === "relay" ? this.#arm(plan, child) : () => {};
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
    const { relay, stateDir, mnemonic, cacheDir } = this.#deps;
    child.order({
      kind: "go",
      relayUrl: relay.url,
      stateDir,
      ...(killAt && { killAt: { point: killAt.point, occurrence: killAt.occurrence } }),
    });
    this.#current = child;
    this.#next = new EchoChild(mnemonic, cacheDir);
    return child;
  }

  /** Has the relay kill the child at a moment of one of its requests. @returns How to take that back. */
  #arm(plan: Extract<KillPlan, { kind: "relay" }>, child: EchoChild): () => void {
    const { faults } = this.#deps.relay;
    if (plan.point === "fetch_answered") {
      let answers = 0;
      const fault = faults.inject({
        kind: "rewrite",
        routes: ["messages_fetch"],
        match: (body) => this.#isOfChild("messages_fetch", body),
        rewrite: (answer) => {
          if (Array.isArray(answer) && answer.length > 0) answers += 1;
          // The answer leaves first, and races with the kill.
          if (answers === plan.occurrence) setImmediate(() => child.kill());
          return answer;
        },
      });
      return () => fault.remove();
    }
    const fault = faults.inject({
      kind: "hang",
      applied: plan.point === "post_applied",
      routes: ["messages_post"],
      match: (body) => this.#isOfChild("messages_post", body),
      skip: plan.occurrence - 1,
      times: 1,
    });
    void fault.reached(1).then(() => child.kill());
    return () => fault.remove();
  }

  #isOfChild(route: RelayRoute, body: unknown): boolean {
    if (route === "messages_post") {
      const post = PostSchema.safeParse(body);
      return post.success && !this.#deps.isPeerAddress(post.data.key);
    }
    const fetched = FetchSchema.safeParse(body);
    return fetched.success && fetched.data.seekers.some((key) => this.#deps.isPeerAddress(key));
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
