/** The independent mesh peer in a process of its own, seen from the test. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import {
  type IndependentOrder,
  type IndependentReport,
  type IndependentSetup,
  ReportSchema,
} from "./independent-mesh-process.ts";
import { COMPILE_CACHE } from "./mesh-process.ts";

const INDEPENDENT = fileURLToPath(new URL("independent-mesh-process.ts", import.meta.url));

type ReportOf<S extends IndependentReport["said"]> = Extract<IndependentReport, { said: S }>;

/** An independent peer in a process of its own. */
export class IndependentProcess {
  readonly peerId: string;
  readonly url: string;
  readonly setup: IndependentSetup;
  readonly child: ChildProcess;
  /** All so far, in order. */
  readonly heard: IndependentReport[];
  readonly #news: { wake: PromiseWithResolvers<void> };

  private constructor(
    setup: IndependentSetup,
    child: ChildProcess,
    ready: { readonly peerId: string; readonly url: string },
    inbox: {
      readonly heard: IndependentReport[];
      readonly news: { wake: PromiseWithResolvers<void> };
    },
  ) {
    this.setup = setup;
    this.child = child;
    this.peerId = ready.peerId;
    this.url = ready.url;
    this.heard = inbox.heard;
    this.#news = inbox.news;
  }

  static async start(setup: IndependentSetup): Promise<IndependentProcess> {
    const child = fork(INDEPENDENT, [], {
      env: {
        PATH: process.env["PATH"],
        NODE_COMPILE_CACHE: COMPILE_CACHE,
        INDEPENDENT_MESH_PEER: JSON.stringify(setup),
      },
    });
    const inbox = {
      heard: [] as IndependentReport[],
      news: { wake: Promise.withResolvers<void>() },
    };
    child.on("message", (report) => {
      inbox.heard.push(ReportSchema.parse(report));
      inbox.news.wake.resolve();
      inbox.news.wake = Promise.withResolvers();
    });
    const [first] = await once(child, "message");
    const ready = ReportSchema.parse(first);
    if (ready.said !== "ready") throw new Error("the independent peer did not begin with its name");
    return new IndependentProcess(setup, child, ready, inbox);
  }

  order(order: IndependentOrder): void {
    this.child.send(order);
  }

  /** The first report of a kind from `from` on, come already or not, that passes. */
  async until<S extends IndependentReport["said"]>(
    said: S,
    matches: (report: ReportOf<S>) => boolean = () => true,
    from = 0,
  ): Promise<ReportOf<S>> {
    const isKind = (report: IndependentReport): report is ReportOf<S> => report.said === said;
    for (;;) {
      const found = this.heard.slice(from).filter(isKind).find(matches);
      if (found !== undefined) return found;
      await this.#news.wake.promise;
    }
  }

  /** Publishes bodies in one go. @returns Their ids. */
  async publish(channel: string, ...bodies: readonly string[]): Promise<readonly string[]> {
    const from = this.heard.length;
    this.order({ do: "publish", channel, bodies: [...bodies] });
    return (await this.until("published", undefined, from)).ids;
  }

  /** How many messages it has of a channel, and a hash over the set of their ids. */
  async summarize(channel: string): Promise<{ readonly count: number; readonly hash: string }> {
    const from = this.heard.length;
    this.order({ do: "summarize", channel });
    const { count, hash } = await this.until("summary", undefined, from);
    return { count, hash };
  }

  /** How many of its rows hold a text. */
  async countOf(text: string): Promise<number> {
    const from = this.heard.length;
    this.order({ do: "search", text });
    return (await this.until("found", undefined, from)).count;
  }

  async hears(body: string): Promise<void> {
    await this.until("message", (report) => report.body === body);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await exited;
  }
}
