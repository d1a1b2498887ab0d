import { mkdirSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { Forked } from "../../bench/gossip/forked.ts";
import { type ProcessFigures, readProcessFigures } from "../../bench/process-figures.ts";

const BareXmtpNewsSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ready"), inboxId: z.string() }),
  z.object({ kind: z.literal("counted"), messages: z.number() }),
]);

/** What the process says. */
export type BareXmtpNews = z.infer<typeof BareXmtpNewsSchema>;

/** An unmodified client of XMTP in a process of its own, to measure ours beside it. */
export class BareXmtp implements AsyncDisposable {
  readonly #process: Forked<BareXmtpNews, { kind: "count" }>;
  readonly inboxId: string;

  private constructor(process: Forked<BareXmtpNews, { kind: "count" }>, inboxId: string) {
    this.#process = process;
    this.inboxId = inboxId;
  }

  static async start(nodeUrl: string, folder: string): Promise<BareXmtp> {
    mkdirSync(folder, { mode: 0o700 });
    const file = new URL("./bare-xmtp-process.ts", import.meta.url);
    const env = { NODE_URL: nodeUrl, DATABASE: path.join(folder, "bare.db3") };
    const started = new Forked<BareXmtpNews, { kind: "count" }>(file, BareXmtpNewsSchema, env);
    return new BareXmtp(started, (await started.next("ready")).inboxId);
  }

  /** How many messages it was told of, and what it needs for that. */
  async figures(): Promise<ProcessFigures & { readonly messages: number }> {
    this.#process.order({ kind: "count" });
    const { messages } = await this.#process.next("counted");
    return { ...readProcessFigures(this.#process.pid), messages };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}
