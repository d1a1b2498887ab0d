import { generateMnemonic } from "convos-node-sdk";
import { Forked } from "../gossip/forked.ts";
import {
  type BenchConversation,
  type ClientNews,
  ClientNewsSchema,
  type ClientOrder,
} from "./orders.ts";
import { type ProcessFigures, readProcessFigures } from "../process-figures.ts";

/** An account whose client runs in a process of its own, and can be stopped and started. */
export class MeasuredClient implements AsyncDisposable {
  readonly #env: Record<string, string>;
  #process: Forked<ClientNews, ClientOrder> | undefined;

  constructor(nodeUrl: string, folder: string) {
    this.#env = { MNEMONIC: generateMnemonic(), NODE_URL: nodeUrl, STATE_DIR: folder };
  }

  get process(): Forked<ClientNews, ClientOrder> {
    if (this.#process === undefined) throw new TypeError("not started");
    return this.#process;
  }

  /** @returns Milliseconds from opening the state until every conversation had a live stream. */
  async start(onTexts: (texts: readonly string[]) => void = () => {}): Promise<number> {
    const file = new URL("./client-process.ts", import.meta.url);
    this.#process = new Forked<ClientNews, ClientOrder>(file, ClientNewsSchema, this.#env);
    this.#process.listen((news) => {
      if (news.kind === "received") onTexts(news.texts);
      if (news.kind === "failed") throw new Error(news.text);
    });
    return (await this.#process.next("ready")).openMs;
  }

  async stop(): Promise<void> {
    this.process.order({ kind: "stop" });
    await this.process.exited;
  }

  async grow(to: number): Promise<BenchConversation[]> {
    this.process.order({ kind: "grow", to });
    return (await this.process.next("grown")).conversations;
  }

  async invite(conversationId: string): Promise<string> {
    this.process.order({ kind: "invite", conversationId });
    return (await this.process.next("invited")).slug;
  }

  async figures(): Promise<ProcessFigures> {
    this.process.order({ kind: "collect_garbage" });
    await this.process.next("collected");
    return readProcessFigures(this.process.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
  }
}
