import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type News, NewsSchema, type Order } from "./wire.ts";

const CHILD_FILE = fileURLToPath(new URL("./echo-child.ts", import.meta.url));
/** SQLCipher writes this once per database, to everybody's error output. */
const HARMLESS = /sqlcipherCodecAttach: no codec attached/u;

/** One child from loading to its end. */
export class EchoProcess {
  /** Resolves when its code is loaded and it waits for `go`. */
  readonly loaded: Promise<void>;
  readonly ended: Promise<NodeJS.Signals | number | null>;
  /** Set when it stopped by order. */
  stopped: Extract<News, { kind: "stopped" }> | undefined;
  /** Failures that it reported. */
  readonly errors: string[] = [];
  readonly #process: ChildProcess;

  constructor(mnemonic: string, cacheDir: string) {
    // No flags of the parent: under vitest they would load a test runner into the child.
    this.#process = fork(CHILD_FILE, [], {
      execArgv: [],
      env: { ...process.env, MNEMONIC: mnemonic, NODE_COMPILE_CACHE: cacheDir },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const loaded = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<NodeJS.Signals | number | null>();
    this.loaded = loaded.promise;
    this.ended = ended.promise;
    this.#process.on("message", (message) => {
      const news = NewsSchema.parse(message);
      if (news.kind === "loaded") loaded.resolve();
      else if (news.kind === "error") this.errors.push(news.text);
      else this.stopped = news;
    });
    this.#process.stderr?.on("data", (chunk) => {
      const text = String(chunk);
      if (!HARMLESS.test(text)) this.errors.push(text);
    });
    this.#process.on("exit", (code, signal) => {
      // A child that dies while it loads must not leave anybody waiting; the end tells how it went.
      loaded.resolve();
      ended.resolve(signal ?? code);
    });
  }

  order(order: Order): void {
    this.#process.send(order);
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }
}
