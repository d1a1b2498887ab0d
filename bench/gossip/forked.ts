import { fork } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type * as z from "zod";

/** A child process that sends `News` and takes `Order`s over IPC. */
export class Forked<
  News extends { readonly kind: string },
  Order extends object = never,
> implements AsyncDisposable {
  readonly #child: ReturnType<typeof fork>;
  /** Resolves when the process is gone. */
  readonly exited: Promise<void>;
  readonly #listeners = new Set<(news: News) => void>();
  #failure: Error | undefined;

  constructor(file: URL, schema: z.ZodType<News>, env: Record<string, string> = {}) {
    const exited = Promise.withResolvers<void>();
    this.exited = exited.promise;
    this.#child = fork(fileURLToPath(file), [], {
      execArgv: ["--expose-gc"],
      env: { ...process.env, ...env },
    });
    this.#child.on("message", (message) => {
      const news = schema.parse(message);
      for (const listener of this.#listeners) listener(news);
    });
    this.#child.on("exit", (code, signal) => {
      this.#failure = new Error(`${path.basename(file.pathname)} ended early (${code ?? signal})`);
      exited.resolve();
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new TypeError("the process did not start");
    return this.#child.pid;
  }

  order(order: Order): void {
    this.#child.send(order);
  }

  /** Calls back for each piece of news from now on. @returns How to stop that. */
  listen(listener: (news: News) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The next news of a kind that passes the test. Rejects when the process ends first. */
  async next<Kind extends News["kind"]>(
    kind: Kind,
    test: (news: Extract<News, { kind: Kind }>) => boolean = () => true,
  ): Promise<Extract<News, { kind: Kind }>> {
    const { promise, resolve } = Promise.withResolvers<Extract<News, { kind: Kind }>>();
    const isWanted = (news: News): news is Extract<News, { kind: Kind }> => news.kind === kind;
    const stop = this.listen((news) => {
      if (isWanted(news) && test(news)) resolve(news);
    });
    try {
      const ended = this.exited.then(() => {
        throw this.#failure ?? new Error("ended");
      });
      return await Promise.race([promise, ended]);
    } finally {
      stop();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    await this.exited;
  }
}
