import type { ServerHttp2Stream } from "node:http2";
import type { MessageSink } from "../streams/subscription.ts";
import { encodeFrame } from "./frames.ts";
import { GRPC_CODES, type GrpcCode } from "./status.ts";

/** The server's end of a streaming call. */
export class StreamSink implements MessageSink {
  readonly #stream: ServerHttp2Stream;
  readonly #closing = new AbortController();

  /** Sends the response headers: clients wait for them before they believe in the stream. */
  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
    stream.once("close", () => this.#closing.abort());
    if (stream.destroyed) {
      this.#closing.abort();
      return;
    }
    stream.respond(
      { ":status": 200, "content-type": "application/grpc", subscribed: "true" },
      { waitForTrailers: true },
    );
  }

  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  write(message: Uint8Array): boolean {
    if (this.#closing.signal.aborted || this.#stream.writableEnded) return false;
    return this.#stream.write(encodeFrame(message));
  }

  whenWritable(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.closed.aborted) {
      resolve();
    } else if (this.#stream.writableNeedDrain) {
      const go = (): void => {
        this.#stream.off("drain", go);
        this.closed.removeEventListener("abort", go);
        resolve();
      };
      this.#stream.once("drain", go);
      this.closed.addEventListener("abort", go, { once: true });
    } else {
      setImmediate(resolve);
    }
    return promise;
  }

  /** Ends the stream with a status. What the client has not taken by then is lost with the stream. */
  finish(code: GrpcCode, message: string): void {
    if (this.closed.aborted) return;
    const stream = this.#stream;
    stream.once("wantTrailers", () => stream.sendTrailers(statusTrailers(code, message)));
    stream.end();
    // Whoever does not read never takes the trailers either; nothing more is written to him from now on.
    this.#closing.abort();
  }
}

/** The last headers of a call. The message may hold any character: gRPC wants it percent-encoded. */
export function statusTrailers(code: GrpcCode, message: string): Record<string, string> {
  return {
    "grpc-status": String(GRPC_CODES[code]),
    ...(message !== "" && { "grpc-message": encodeURIComponent(message) }),
  };
}
