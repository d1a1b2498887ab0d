import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { formatCompletion, formatCompletionStream, parseModelRequest } from "./chat-completion.ts";
import type { ModelReply, ModelRequest } from "./chat-completion.ts";
import { withDeadline } from "./deadline.ts";
import { HarnessError } from "./errors.ts";
import { listenOnLoopback } from "./loopback-port.ts";

/** The host sends the whole conversation with every request; far above any test, far below trouble. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;
const MODEL_ID = "scripted-1";

type Matches = (request: ModelRequest) => boolean;

export interface ScriptedModelOptions {
  /** Answers a request that is not parked. May take its time; throwing gives the host an HTTP 500. */
  reply(request: ModelRequest): ModelReply | Promise<ModelReply>;
}

/** A turn that stays in the model until it is released, or until the host goes away. */
export interface ParkedTurn {
  /** Resolves when the host has asked and now waits. */
  readonly arrived: Promise<ModelRequest>;
  release(reply: ModelReply): void;
}

export interface ScriptedModel extends AsyncDisposable {
  /** `http://127.0.0.1:PORT/v1` */
  readonly baseUrl: string;
  readonly modelId: string;
  /** Every chat completion asked for so far, in order; parked ones are included. */
  readonly requests: readonly ModelRequest[];
  /** Resolves with the first request, past or future, that matches. Rejects with `deadline`. */
  whenRequest(matches: Matches, timeoutMs: number): Promise<ModelRequest>;
  /** Holds the next request that matches, once. */
  park(matches: Matches): ParkedTurn;
  /** Ends every open connection, parked turns too. */
  close(): Promise<void>;
}

interface Parking {
  readonly matches: Matches;
  readonly answer: Promise<ModelReply>;
  arrive(request: ModelRequest): void;
}

/**
 * Starts an OpenAI-compatible model on 127.0.0.1 whose answers the test writes.
 * It serves `POST /v1/chat/completions` (streamed or not) and `GET /v1/models`.
 */
export async function startScriptedModel(options: ScriptedModelOptions): Promise<ScriptedModel> {
  const requests: ModelRequest[] = [];
  const parkings: Parking[] = [];
  const watchers = new Set<(request: ModelRequest) => void>();

  async function answer(request: ModelRequest): Promise<ModelReply> {
    requests.push(request);
    const index = parkings.findIndex((parking) => parking.matches(request));
    const [parking] = index === -1 ? [] : parkings.splice(index, 1);
    parking?.arrive(request);
    for (const watcher of watchers) watcher(request);
    return parking === undefined ? options.reply(request) : parking.answer;
  }

  const server = createServer((request, response) => {
    handle(request, response, () => requests.length, answer).catch((error: unknown) => {
      // The script of the test threw, or the host hung up: the first is told, the second needs nothing.
      if (!response.headersSent) sendError(response, 500, String(error));
      response.end();
    });
  });
  const port = await listenOnLoopback(server);

  async function close(): Promise<void> {
    const closed = Promise.withResolvers<void>();
    server.close(() => closed.resolve());
    server.closeAllConnections();
    await closed.promise;
  }

  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    modelId: MODEL_ID,
    requests,
    async whenRequest(matches, timeoutMs) {
      const present = requests.find(matches);
      if (present !== undefined) return present;
      const { promise: found, resolve: resolveFound } = Promise.withResolvers<ModelRequest>();
      const watcher = (request: ModelRequest): void => {
        if (matches(request)) resolveFound(request);
      };
      watchers.add(watcher);
      try {
        return await withDeadline(found, timeoutMs, "a request to the model");
      } finally {
        watchers.delete(watcher);
      }
    },
    park(matches) {
      const arrival = Promise.withResolvers<ModelRequest>();
      const answered = Promise.withResolvers<ModelReply>();
      parkings.push({ matches, answer: answered.promise, arrive: arrival.resolve });
      return { arrived: arrival.promise, release: answered.resolve };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  nextIndex: () => number,
  answer: (request: ModelRequest) => Promise<ModelReply>,
): Promise<void> {
  const path = (request.url ?? "").split("?")[0];
  if (request.method === "GET" && path === "/v1/models") {
    sendJson(response, 200, { object: "list", data: [{ id: MODEL_ID, object: "model" }] });
    return;
  }
  if (request.method !== "POST" || path !== "/v1/chat/completions") {
    sendError(response, 404, `no such path: ${path}`);
    return;
  }
  const body: unknown = JSON.parse(await readBody(request));
  const parsed = parseModelRequest(body, nextIndex());
  const reply = await answer(parsed);
  if (typeof reply === "object" && "status" in reply) {
    sendError(response, reply.status, reply.message);
  } else if (parsed.stream) {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    for (const event of formatCompletionStream(reply, parsed.model)) response.write(event);
    response.end();
  } else {
    sendJson(response, 200, formatCompletion(reply, parsed.model));
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES)
      throw new HarnessError("rpc_failed", `model request: more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function sendError(response: ServerResponse, status: number, message: string): void {
  sendJson(response, status, { error: { message, type: "scripted_model", code: null } });
}
