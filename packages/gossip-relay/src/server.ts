import cors from "@fastify/cors";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { BoardStore } from "./board-store.ts";
import type { Calls } from "./calls.ts";
import { answerWithFault } from "./fault-effects.ts";
import type { FaultSwitches } from "./faults.ts";
import { MAX_CONNECTIONS, MAX_RATE_LIMITED_ADDRESSES, REQUEST_TIMEOUT_MS } from "./limits.ts";
import { assertExpectedCaller, isLoopbackHost } from "./loopback.ts";
import type { RelayMetrics } from "./metrics.ts";
import type { ResolvedRelayOptions } from "./options.ts";
import { createRateLimiter } from "./rate-limit.ts";
import { RequestError } from "./request-error.ts";
import { type CallAnswer, RELAY_ROUTES, type RelayRoute } from "./routes.ts";

export interface ServerParts {
  readonly options: ResolvedRelayOptions;
  readonly store: BoardStore;
  readonly calls: Calls;
  readonly faults: FaultSwitches;
  readonly metrics: RelayMetrics;
  /** The relay's clock, the fault switch included. */
  readonly now: () => number;
}

const API_BASE = "/api";

/** Puts the calls behind HTTP. Nothing listens yet. */
export async function createServer(parts: ServerParts): Promise<FastifyInstance> {
  const { options } = parts;
  const app = fastify({
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply, options),
    bodyLimit: options.maxBodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Idle and hanging connections are cut by startRelay's close, after a grace for requests in flight.
    forceCloseConnections: "idle",
    exposeHeadRoutes: false,
    trustProxy: options.trustLocalProxy ? ["127.0.0.0/8", "::1"] : false,
    routerOptions: { ignoreTrailingSlash: true },
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  // A web page may post text/plain to any site without a preflight.
  app.removeContentTypeParser("text/plain");

  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, options));
  app.setNotFoundHandler((_request, reply) =>
    sendAnswer(reply, {
      status: 404,
      body: { error: "not_found", message: "no such call" },
    }),
  );
  addDoor(app, parts);
  // There is no login and no cookie that a page could ride on, so whoever passed the door may read.
  await app.register(cors, {
    origin: "*",
    methods: ["GET", "POST"],
    allowedHeaders: ["Content-Type"],
    exposedHeaders: ["Date", "Retry-After"],
    maxAge: 86_400,
    strictPreflight: false,
  });
  addObservation(app, parts);
  addCalls(app, parts);
  return app;
}

/** What every request passes first: the caller is expected here, and not too busy. */
function addDoor(app: FastifyInstance, { options, now }: ServerParts): void {
  const policy = {
    isLoopbackOnly: isLoopbackHost(options.host),
    allowedHosts: options.allowedHosts,
    allowedOrigins: options.allowedOrigins,
  };
  const limiter =
    options.rateLimit && createRateLimiter(options.rateLimit, MAX_RATE_LIMITED_ADDRESSES, now);
  app.addHook("onRequest", async (request) => {
    assertExpectedCaller(request.headers, policy);
    const waitMs = limiter?.take(request.ip) ?? 0;
    if (waitMs > 0) {
      throw new RequestError(429, "rate_limited", "too many requests", {
        "retry-after": String(Math.ceil(waitMs / 1000)),
      });
    }
  });
}

/** `/health`, `/metrics`, the request log, and the relay's own clock in every `Date` header. */
function addObservation(app: FastifyInstance, parts: ServerParts): void {
  const { store, metrics, options, now } = parts;
  app.addHook("onSend", async (_request, reply) => {
    reply.header("date", new Date(now()).toUTCString());
    // What a proxy in front remembered would be a page that ends too early, or an address that looks empty.
    reply.header("cache-control", "no-store");
  });
  app.addHook("onResponse", async (request, reply) => {
    const line = {
      method: request.method,
      route: request.routeOptions.url ?? "unmatched",
      status: reply.statusCode,
      bytesIn: Number(request.headers["content-length"] ?? 0),
      bytesOut: Number(reply.getHeader("content-length") ?? 0),
      ms: Math.round(reply.elapsedTime * 10) / 10,
    };
    metrics.observe(line);
    options.logRequest(line);
  });
  app.get("/health", (_request, reply) => {
    store.newestCounter();
    return sendAnswer(reply, { status: 200, body: { status: "ok" } });
  });
  app.get("/metrics", (_request, reply) =>
    reply
      .type("text/plain; version=0.0.4; charset=utf-8")
      .send(metrics.render({ ...store.counts(), newestCounter: store.newestCounter() })),
  );
}

function addCalls(app: FastifyInstance, { calls, faults }: ServerParts): void {
  for (const route of Object.keys(RELAY_ROUTES).filter(isRelayRoute)) {
    const { method, path } = RELAY_ROUTES[route];
    app.route({
      method,
      url: API_BASE + path,
      handler: async (request, reply) => {
        const call = (): CallAnswer => calls[route]({ body: request.body, query: request.query });
        const fault = faults.take(route, method === "GET" ? request.query : request.body);
        if (fault === undefined) return sendAnswer(reply, call());
        const outcome = await answerWithFault(fault, call, request, reply);
        return outcome === "handled" ? reply : sendAnswer(reply, outcome);
      },
    });
  }
}

function isRelayRoute(name: string): name is RelayRoute {
  return name in RELAY_ROUTES;
}

function sendAnswer(reply: FastifyReply, answer: CallAnswer): FastifyReply {
  return reply
    .code(answer.status)
    .headers(answer.headers ?? {})
    .type("application/json; charset=utf-8")
    .send(JSON.stringify(answer.body));
}

/** What the framework refuses before a call sees it; the rest is "malformed request". */
const FRAMEWORK_ANSWERS: Readonly<Record<number, readonly [string, string]>> = {
  413: ["too_large", "the body is too large"],
  415: ["bad_request", "expected application/json"],
};

/** SQLite's own number for "database or disk is full". */
const SQLITE_FULL = 13;

function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  options: ResolvedRelayOptions,
): FastifyReply {
  if (error instanceof RequestError) {
    const { status, code, message, headers } = error;
    return sendAnswer(reply, { status, body: { error: code, message }, headers });
  }
  const status = statusOfFrameworkError(error);
  if (status !== undefined) {
    // Fastify's texts may quote the request (a JSON parse error does), so only its status goes out.
    const [code, message] = FRAMEWORK_ANSWERS[status] ?? ["bad_request", "malformed request"];
    return sendAnswer(reply, { status, body: { error: code, message } });
  }
  options.logError(`${request.method} ${request.routeOptions.url ?? "unmatched"} failed`, error);
  return isDiskFull(error)
    ? sendAnswer(reply, { status: 507, body: { error: "full", message: "the relay is full" } })
    : sendAnswer(reply, { status: 500, body: { error: "internal", message: "internal error" } });
}

function statusOfFrameworkError(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("statusCode" in error)) return undefined;
  const { statusCode } = error;
  return typeof statusCode === "number" && statusCode >= 400 && statusCode < 500
    ? statusCode
    : undefined;
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === SQLITE_FULL;
}
