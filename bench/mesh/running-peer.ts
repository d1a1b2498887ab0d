import path from "node:path";
import { Forked } from "../gossip/forked.ts";
import { type PeerNews, PeerNewsSchema, type PeerOrder, type PeerSetup } from "./peer-orders.ts";

const PROCESS = new URL("peer-process.ts", import.meta.url);

/** A peer in a process of its own, and how to reach it. */
export class RunningPeer implements AsyncDisposable {
  readonly url: string;
  readonly #process: Forked<PeerNews, PeerOrder>;

  private constructor(running: Forked<PeerNews, PeerOrder>, url: string) {
    this.#process = running;
    this.url = url;
  }

  /**
   * @param folder - For its state, below this one.
   * @param nodeOptions - More flags of Node.js.
   */
  static async start(
    folder: string,
    setup: Partial<Omit<PeerSetup, "folder">> & { readonly seed: string },
    nodeOptions = "",
  ): Promise<RunningPeer> {
    const whole: PeerSetup = {
      channels: [],
      peers: [],
      ...setup,
      folder: path.join(folder, setup.seed),
    };
    const running = new Forked<PeerNews, PeerOrder>(PROCESS, PeerNewsSchema, {
      MESH_BENCH_PEER: JSON.stringify(whole),
      NODE_OPTIONS: `${process.env["NODE_OPTIONS"] ?? ""} ${nodeOptions}`,
    });
    const { port } = await running.next("listening");
    return new RunningPeer(running, `ws://127.0.0.1:${port}`);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Resolves when so many messages are on its disk. */
  async storedAtLeast(messages: number): Promise<void> {
    const told = this.#process.next("stored");
    this.#process.order({ kind: "tell", messages });
    await told;
  }

  /** Resolves when garbage was collected. */
  async collect(): Promise<void> {
    const told = this.#process.next("collected");
    this.#process.order({ kind: "collect" });
    await told;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}
