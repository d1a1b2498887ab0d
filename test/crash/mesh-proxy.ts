import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { LEAST_ECHO_BYTES } from "./mesh-line.ts";

/** A message with its signatures is longer on the wire; what keeps a link alive is shorter. */
const LEAST_NEWS_BYTES = 500;

/** Moments on the line between the child and its neighbor. */
export const PROXY_POINTS = ["echo_cut", "echo_passed", "news_passed"] as const;

/** What is to happen at the n-th passing of a point. */
interface Fault {
  readonly point: string;
  passings: number;
  readonly kill: () => void;
}

/** A wire to a peer, as it were: passes bytes on, and has the child killed before or after some of them. */
export class MeshProxy implements AsyncDisposable {
  readonly #server = createServer((near) => this.#join(near));
  readonly #targetPort: () => number | undefined;
  readonly #sockets = new Set<Socket>();
  #fault: Fault | undefined;

  private constructor(targetPort: () => number | undefined) {
    this.#targetPort = targetPort;
  }

  /** Listens on a free port of this machine; who connects before there is a target is cut off. */
  static async start(targetPort: () => number | undefined): Promise<MeshProxy> {
    const proxy = new MeshProxy(targetPort);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    return `ws://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  }

  /** Calls `kill` at the n-th passing of a point of {@link PROXY_POINTS}. @returns How to take that back. */
  arm(point: string, occurrence: number, kill: () => void): () => void {
    const fault = { point, passings: occurrence, kill };
    this.#fault = fault;
    return () => {
      if (this.#fault === fault) this.#fault = undefined;
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #join(near: Socket): void {
    const port = this.#targetPort();
    if (port === undefined) {
      near.destroy();
      return;
    }
    const far = connect(port, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      // A killed child resets its connection.
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
    near.on("data", (chunk) => {
      const isEcho = chunk.length > LEAST_ECHO_BYTES;
      if (isEcho && this.#passes("echo_cut")) {
        near.destroy();
        return;
      }
      far.write(chunk);
      if (isEcho) this.#passes("echo_passed");
    });
    far.on("data", (chunk) => {
      near.write(chunk);
      if (chunk.length > LEAST_NEWS_BYTES) this.#passes("news_passed");
    });
  }

  /** @returns Whether the child was killed now. */
  #passes(point: (typeof PROXY_POINTS)[number]): boolean {
    const fault = this.#fault;
    if (fault?.point !== point) return false;
    fault.passings -= 1;
    if (fault.passings > 0) return false;
    this.#fault = undefined;
    fault.kill();
    return true;
  }
}
