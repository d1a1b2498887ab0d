import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { NewsSchema } from "./wire.ts";
import type { News, Order } from "./wire.ts";

/** XMTP's library writes this for each new database, and encrypts it all the same. */
const HARMLESS = /WARN CORE sqlcipherCodecAttach: no codec attached to db/u;

/** How a child ended. */
export interface ChildEnd {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
}

/** What all children of a run have in common. */
export interface ChildKind {
  /** The file to run. */
  readonly file: string;
  readonly mnemonic: string;
  /** For compiled code. */
  readonly cacheDir: string;
}

/** One child from loading to its end. */
export class EchoChild {
  /** Resolves when its code is loaded and it waits for `go`. */
  readonly loaded: Promise<void>;
  readonly ended: Promise<ChildEnd>;
  /** Set when it stopped by order. */
  stopped: Extract<News, { kind: "stopped" }> | undefined;
  /** Failures that it reported. */
  readonly errors: string[] = [];
  readonly #process: ChildProcess;

  constructor({ file, mnemonic, cacheDir }: ChildKind) {
    // No flags of the parent: under vitest they would load a test runner into the child.
    this.#process = fork(file, [], {
      execArgv: [],
      env: { ...process.env, MNEMONIC: mnemonic, NODE_COMPILE_CACHE: cacheDir },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const loaded = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<ChildEnd>();
    this.loaded = loaded.promise;
    this.ended = ended.promise;
    this.#process.on("message", (message) => {
      const news = NewsSchema.parse(message);
      if (news.kind === "loaded") loaded.resolve();
      else if (news.kind === "error") this.errors.push(news.text);
      else this.stopped = news;
    });
    this.#process.stderr?.on("data", (chunk) => {
      const lines = String(chunk).split("\n");
      this.errors.push(...lines.filter((line) => line !== "" && !HARMLESS.test(line)));
    });
    this.#process.on("exit", (code, signal) => {
      // A child that dies while it loads must not leave anybody waiting; the end tells how it went.
      loaded.resolve();
      ended.resolve({ code, signal });
    });
  }

  /** A child that is gone takes no order; its end tells how it went. */
  order(order: Order): void {
    if (this.#process.connected) this.#process.send(order);
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }
}
