import { createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import {
  MAX_CONCURRENT_STREAMS,
  MAX_REQUEST_BYTES,
  MAX_SESSION_MEMORY_MB,
  STREAM_WINDOW_BYTES,
} from "../limits.ts";
import { encodeFrame, readRequest } from "./frames.ts";
import { GrpcStatus } from "./status.ts";
import { statusTrailers, StreamSink } from "./stream-sink.ts";

/** Answers one call at a time. @throws {@link GrpcStatus} as the answer. */
export type UnaryCall = (request: Uint8Array) => Uint8Array;

/** Serves a stream until it is over. @throws {@link GrpcStatus} to end it. */
export type StreamingCall = (request: Uint8Array, sink: StreamSink) => Promise<void>;

export interface GrpcCalls {
  /** By path, such as "/xmtp.mls.api.v1.MlsApi/SendGroupMessages". */
  readonly unary: ReadonlyMap<string, UnaryCall>;
  readonly streaming: ReadonlyMap<string, StreamingCall>;
}

/** One call, as it came in. */
export interface IncomingCall {
  readonly path: string;
  /** The encoded message. */
  readonly request: Uint8Array;
  readonly stream: ServerHttp2Stream;
}

export interface GrpcServerParts {
  readonly calls: GrpcCalls;
  /**
   * Runs every call of a method that there is, and may do something else instead. What comes back is the answer.
   *
   * @throws {@link GrpcStatus} as the answer.
   */
  readonly around: <T>(call: IncomingCall, run: () => T) => Promise<T>;
  /** A path that no call has: told once each. */
  readonly onUnknownCall: (path: string) => void;
  readonly onError: (message: string, error: unknown) => void;
}

/**
 * gRPC over HTTP/2 in clear text, as far as the calls of this node need it: one message in, one or a stream out.
 *
 * Only clients that begin with HTTP/2 get in. A browser does not do that without TLS, so a web page cannot call.
 */
export function createGrpcServer(parts: GrpcServerParts): Http2Server {
  const server = createServer({
    maxSessionMemory: MAX_SESSION_MEMORY_MB,
    settings: {
      maxConcurrentStreams: MAX_CONCURRENT_STREAMS,
      initialWindowSize: STREAM_WINDOW_BYTES,
    },
    // Clients close each stream with a reset and open the next one; bursts of these are no attack here.
    streamResetBurst: 100_000,
    streamResetRate: 10_000,
  });
  const unknownPaths = new Set<string>();
  server.on("session", (session) => session.setLocalWindowSize(STREAM_WINDOW_BYTES));
  server.on("sessionError", (error) => parts.onError("a connection failed", error));
  server.on("stream", (stream, headers) => {
    // A client that leaves in the middle of a call is no failure of ours.
    stream.on("error", () => undefined);
    const path = headers[":path"] ?? "";
    if (
      !parts.calls.unary.has(path) &&
      !parts.calls.streaming.has(path) &&
      !unknownPaths.has(path)
    ) {
      unknownPaths.add(path);
      parts.onUnknownCall(path);
    }
    answer(parts, stream, path).catch((error: unknown) => answerError(parts, stream, path, error));
  });
  return server;
}

async function answer(
  { calls, around }: GrpcServerParts,
  stream: ServerHttp2Stream,
  path: string,
): Promise<void> {
  const body: AsyncIterable<Uint8Array> = stream.iterator({ destroyOnReturn: false });
  const request = await readRequest(body, MAX_REQUEST_BYTES);
  const unary = calls.unary.get(path);
  const streaming = calls.streaming.get(path);
  if (unary !== undefined) {
    sendAnswer(stream, await around({ path, request, stream }, () => unary(request)));
  } else if (streaming === undefined) {
    throw new GrpcStatus("UNIMPLEMENTED", `this local node does not know ${path}`);
  } else {
    await around({ path, request, stream }, () => serveStream(streaming, request, stream));
  }
}

async function serveStream(
  call: StreamingCall,
  request: Uint8Array,
  stream: ServerHttp2Stream,
): Promise<void> {
  const sink = new StreamSink(stream);
  try {
    await call(request, sink);
  } catch (error) {
    if (!(error instanceof GrpcStatus)) {
      sink.finish("INTERNAL", "internal error");
      throw error;
    }
    sink.finish(error.code, error.message);
  }
}

function sendAnswer(stream: ServerHttp2Stream, message: Uint8Array): void {
  if (stream.destroyed) return;
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers(statusTrailers("OK", "")));
  stream.end(encodeFrame(message));
}

function answerError(
  { onError }: GrpcServerParts,
  stream: ServerHttp2Stream,
  path: string,
  error: unknown,
): void {
  if (stream.destroyed || stream.aborted) return;
  const isExpected = error instanceof GrpcStatus;
  if (!isExpected) onError(`${path} failed`, error);
  if (stream.headersSent) return;
  const trailers = isExpected
    ? statusTrailers(error.code, error.message)
    : statusTrailers("INTERNAL", "internal error");
  stream.respond(
    { ":status": 200, "content-type": "application/grpc", ...trailers },
    { endStream: true },
  );
}
