import { createHash, timingSafeEqual } from "node:crypto";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { judgeCaller, MAX_OWN_CHANNELS, MeshError, type MeshErrorCode } from "mesh-sdk";
import * as z from "zod";
import { writeEvents } from "./event-stream.ts";
import type { LocalPeer } from "./local-peer.ts";
import { renderMetrics } from "./metrics.ts";

/** A body of 64 KiB with every character escaped, and a payload that fills the rest of a frame of 256 KiB. */
const MAX_REQUEST_BYTES = 786_432;
const MAX_CONNECTIONS = 128;
const MAX_STREAMS = 32;
const MAX_ACKS = 1_000;
const REQUEST_TIMEOUT_MS = 30_000;
const BEARER = /^Bearer (?<token>[A-Za-z0-9_-]{1,128})$/u;

export interface ApiParts {
  readonly peer: LocalPeer;
  readonly token: string;
  /** Channels to listen to at first. */
  readonly channels: readonly string[];
  /** Whether the peer's own loop still runs. */
  readonly isRunning: () => boolean;
  /** Ends every stream. */
  readonly signal: AbortSignal;
  readonly logError: (line: string) => void;
}

/** No message has a longer id. */
const MAX_MESSAGE_ID_LENGTH = 128;

const MessageSchema = z
  .strictObject({
    channel: z.string().min(1).optional(),
    to: z.string().min(1).optional(),
    body: z.string(),
    payload: z.unknown().optional(),
    replyTo: z.string().min(1).max(MAX_MESSAGE_ID_LENGTH).optional(),
    key: z.string().min(1).max(256).optional(),
  })
  .refine(({ channel, to }) => (channel === undefined) !== (to === undefined), {
    error: "expected either channel or to",
  });

const AckSchema = z.strictObject({ ids: z.array(z.int().positive()).min(1).max(MAX_ACKS) });

const ChannelsSchema = z.strictObject({
  channels: z.array(z.string().min(1)).max(MAX_OWN_CHANNELS),
});

const EventsQuerySchema = z.strictObject({ channel: z.string().min(1).optional() });

const LastEventIdSchema = z
  .string()
  .regex(/^\d{1,15}$/u)
  .transform(Number);

/** The status of each error that a caller can do something about; the others are 500. */
const STATUS_OF: Partial<Record<MeshErrorCode, number>> = {
  invalid_peer_id: 400,
  invalid_channel_id: 400,
  malformed: 400,
  too_large: 413,
  rate_limited: 429,
  queue_full: 429,
  no_key_for_peer: 409,
  closed: 503,
  state_unwritable: 507,
};

/** The API of one peer, for programs on this machine. Nothing listens yet. */
export function createApiServer(parts: ApiParts): FastifyInstance {
  const app = fastify({
    bodyLimit: MAX_REQUEST_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    frameworkErrors: (error, _request, reply) => void answerError(error, reply, parts),
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  // A web page may post text/plain to any address without asking first.
  app.removeContentTypeParser("text/plain");
  app.setErrorHandler((error, _request, reply) => answerError(error, reply, parts));
  app.setNotFoundHandler((_request, reply) => refuse(reply, 404, "not_found", "no such call"));
  app.addHook("onRequest", async (request, reply) => {
    reply.header("cache-control", "no-store");
    return judgeRequest(request, reply);
  });
  const streams = { open: 0 };
  addObservation(app, parts, streams);
  void app.register(async (guarded) => {
    guarded.addHook("onRequest", createTokenCheck(parts.token));
    addCalls(guarded, parts);
    addStream(guarded, parts, streams);
  });
  return app;
}

/** No web page has business here, and no other name of this machine. */
function judgeRequest(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  const { host, origin } = request.headers;
  const policy = { isLoopbackOnly: true, publicHosts: [], allowedOrigins: [] };
  const verdict = judgeCaller({ host, origin }, policy);
  if (verdict === "open") return undefined;
  const status = verdict === "foreign_host" ? 421 : 403;
  return refuse(reply, status, verdict, "call it by 127.0.0.1 or localhost, and from no web page");
}

function createTokenCheck(token: string) {
  const expected = digestOf(token);
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const given = BEARER.exec(request.headers.authorization ?? "")?.groups?.["token"] ?? "";
    // Digests have one length, and comparing them tells nothing about how much was right.
    if (timingSafeEqual(digestOf(given), expected)) return undefined;
    reply.header("www-authenticate", "Bearer");
    return refuse(reply, 401, "unauthorized", "send the header in the peer's file auth-header");
  };
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** What watches the process asks: no token, and nothing that names anybody. */
function addObservation(
  app: FastifyInstance,
  { peer, isRunning }: ApiParts,
  streams: { readonly open: number },
): void {
  app.route({
    method: "GET",
    url: "/healthz",
    handler: async (_request, reply) =>
      isRunning()
        ? reply.send({ status: "ok" })
        : refuse(reply, 503, "closed", "the peer has stopped"),
  });
  app.route({
    method: "GET",
    url: "/metrics",
    handler: async (_request, reply) =>
      reply
        .type("text/plain; version=0.0.4; charset=utf-8")
        .send(renderMetrics(peer.status(), streams.open)),
  });
}

function addCalls(app: FastifyInstance, { peer, channels }: ApiParts): void {
  const listened = new Set(channels);
  app.route({
    method: "GET",
    url: "/v1/peer",
    handler: async () => ({ peerId: peer.peerId, ...peer.status() }),
  });

  app.route({
    method: "POST",
    url: "/v1/messages",
    handler: async (request, reply) => {
      const { channel, to, body, payload, replyTo, key } = parse(MessageSchema, request.body);
      const content = {
        body,
        ...(payload !== undefined && { payload }),
        ...(replyTo !== undefined && { replyTo }),
      };
      const options = key === undefined ? {} : { key };
      const sent =
        to === undefined
          ? await peer.publish(channel ?? "", content, options)
          : await peer.sendDirect(to, content, options);
      return reply.code(202).send({ id: sent.messageId ?? null, channel: sent.channelId });
    },
  });

  app.route({
    method: "POST",
    url: "/v1/events/ack",
    handler: async (request, reply) => {
      for (const id of parse(AckSchema, request.body).ids) peer.markHandled(id);
      return reply.code(204).send();
    },
  });

  app.route({
    method: "GET",
    url: "/v1/channels",
    handler: async () => ({ channels: [...listened] }),
  });
  app.route({
    method: "POST",
    url: "/v1/channels",
    handler: async (request) => {
      const wanted = new Set([...listened, ...parse(ChannelsSchema, request.body).channels]);
      peer.setChannels([...wanted]);
      for (const id of wanted) listened.add(id);
      return { channels: [...listened] };
    },
  });
}

function addStream(app: FastifyInstance, parts: ApiParts, streams: { open: number }): void {
  const { peer, signal, logError } = parts;
  app.route({
    method: "GET",
    url: "/v1/events",
    handler: async (request, reply) => {
      const { channel } = parse(EventsQuerySchema, request.query);
      const afterId = parse(LastEventIdSchema, request.headers["last-event-id"] ?? "0");
      if (streams.open >= MAX_STREAMS) {
        return refuse(reply, 429, "queue_full", `at most ${MAX_STREAMS} listen at a time`);
      }
      streams.open += 1;
      reply.hijack();
      const stop = new AbortController();
      const both = AbortSignal.any([stop.signal, signal]);
      reply.raw.once("close", () => stop.abort());
      reply.raw.on("error", () => stop.abort());
      reply.raw.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
      });
      try {
        const events = peer.events({ signal: both });
        await writeEvents(reply.raw, events, { afterId, channelId: channel }, both);
      } catch (error) {
        logError(
          `a stream of events ended: ${error instanceof MeshError ? error.code : "internal"}`,
        );
      } finally {
        streams.open -= 1;
        reply.raw.end();
      }
      return reply;
    },
  });
}

/** @throws MeshError `malformed`, with the field's name and never its value. */
function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join(".") ?? "";
  throw new MeshError(
    "malformed",
    field === "" ? (issue?.message ?? "") : `${field}: ${issue?.message}`,
  );
}

function refuse(reply: FastifyReply, status: number, error: string, message: string): FastifyReply {
  return reply.code(status).send({ error, message });
}

function answerError(error: unknown, reply: FastifyReply, { logError }: ApiParts): FastifyReply {
  if (error instanceof MeshError) {
    const { code, message } = error;
    return refuse(reply, STATUS_OF[code] ?? 500, code, message);
  }
  const status = statusOfFramework(error);
  // Fastify's own texts may quote the request: only the status goes out.
  if (status === 413) return refuse(reply, 413, "too_large", "the request is too large");
  if (status === 415) return refuse(reply, 415, "malformed", "expected application/json");
  if (status !== undefined) return refuse(reply, status, "malformed", "expected a JSON object");
  logError(`a call failed: ${error instanceof Error ? error.name : "unknown"}`);
  return refuse(reply, 500, "internal", "internal error");
}

function statusOfFramework(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("statusCode" in error)) return undefined;
  const { statusCode } = error;
  const isCallers = typeof statusCode === "number" && statusCode >= 400 && statusCode < 500;
  return isCallers ? statusCode : undefined;
}
