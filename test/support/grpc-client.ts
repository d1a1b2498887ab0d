import { once } from "node:events";
import { type ClientHttp2Stream, connect } from "node:http2";
import {
  decodeXmtpAnswer,
  encodeXmtpRequest,
  pathOf,
  type XmtpMethod,
  type XmtpObject,
} from "./xmtp-api.ts";

/** How a call ended: an answer with status 0, or another status and its message. */
interface GrpcAnswer {
  readonly status: number;
  readonly message: string;
  readonly answer: XmtpObject | undefined;
}

/** One open stream of messages. */
interface GrpcStream {
  /** Its answers so far, as they came. */
  readonly messages: readonly XmtpObject[];
  /** Resolves when the response headers are there. */
  readonly opened: Promise<void>;
  /** Resolves with the status when the node ended it. */
  readonly ended: Promise<number>;
  /** Resolves when `n` messages have come in all. */
  received(n: number): Promise<readonly XmtpObject[]>;
  /** Stops reading, so that the node's writes back up. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** A plain gRPC client that lets a test say anything to a node. */
export interface GrpcClient extends AsyncDisposable {
  call(method: XmtpMethod, request: XmtpObject): Promise<GrpcAnswer>;
  /** Any path and any bytes, without the frame of gRPC around them when `isFramed` is false. */
  callRaw(path: string, body: Uint8Array, isFramed?: boolean): Promise<GrpcAnswer>;
  open(method: XmtpMethod, request: XmtpObject): GrpcStream;
}

/** Connects to a node. */
export function connectGrpc(url: string): GrpcClient {
  const session = connect(url);
  session.on("error", () => undefined);
  const send = (path: string, body: Uint8Array): ClientHttp2Stream => {
    const headers = {
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
    };
    const stream = session.request(headers);
    stream.on("error", () => undefined);
    stream.end(body);
    return stream;
  };
  const callRaw = async (path: string, body: Uint8Array, isFramed = true) => {
    const stream = send(path, isFramed ? frame(body) : body);
    const status = readStatus(stream);
    const chunks: Uint8Array[] = [];
    stream.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    const { code, message } = await status;
    const [first] = splitFrames(Buffer.concat(chunks)).messages;
    return { status: code, message, bytes: first };
  };
  return {
    async call(method, request) {
      const { bytes, ...rest } = await callRaw(pathOf(method), encodeXmtpRequest(method, request));
      return { ...rest, answer: bytes && decodeXmtpAnswer(method, bytes) };
    },
    async callRaw(path, body, isFramed) {
      const { status, message } = await callRaw(path, body, isFramed);
      return { status, message, answer: undefined };
    },
    open: (method, request) =>
      readStream(method, send(pathOf(method), frame(encodeXmtpRequest(method, request)))),
    async [Symbol.asyncDispose]() {
      if (session.destroyed) return;
      const closed = once(session, "close");
      session.destroy();
      await closed;
    },
  };
}

function readStream(method: XmtpMethod, stream: ClientHttp2Stream): GrpcStream {
  const messages: XmtpObject[] = [];
  const waiting = new Set<() => void>();
  let rest: Buffer = Buffer.alloc(0);
  const opened = once(stream, "response").then(() => undefined);
  const ended = readStatus(stream).then(({ code }) => code);
  stream.on("data", (chunk: Buffer) => {
    const split = splitFrames(Buffer.concat([rest, chunk]));
    rest = split.rest;
    messages.push(...split.messages.map((bytes) => decodeXmtpAnswer(method, bytes)));
    for (const check of waiting) check();
  });
  return {
    messages,
    opened,
    ended,
    received(n) {
      const { promise, resolve } = Promise.withResolvers<readonly XmtpObject[]>();
      const check = (): void => {
        if (messages.length < n) return;
        waiting.delete(check);
        resolve(messages);
      };
      waiting.add(check);
      check();
      return promise;
    },
    pause: () => stream.pause(),
    resume: () => stream.resume(),
    close: () => stream.close(),
  };
}

async function readStatus(stream: ClientHttp2Stream): Promise<{ code: number; message: string }> {
  let status: unknown;
  let message: unknown;
  const take = (headers: Readonly<Record<string, unknown>>): void => {
    status ??= headers["grpc-status"];
    message ??= headers["grpc-message"];
  };
  stream.on("response", take);
  stream.on("trailers", take);
  await once(stream, "close");
  const text = typeof message === "string" ? decodeURIComponent(message) : "";
  return { code: typeof status === "string" ? Number(status) : -1, message: text };
}

function frame(message: Uint8Array): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

function splitFrames(bytes: Buffer): { messages: Buffer[]; rest: Buffer } {
  const messages: Buffer[] = [];
  let offset = 0;
  while (bytes.length - offset >= 5) {
    const end = offset + 5 + bytes.readUInt32BE(offset + 1);
    if (end > bytes.length) break;
    messages.push(bytes.subarray(offset + 5, end));
    offset = end;
  }
  return { messages, rest: bytes.subarray(offset) };
}
