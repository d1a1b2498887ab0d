import type { Clock } from "../clock.ts";
import { GossipError } from "../errors.ts";
import { parseRetryAfter } from "./retry-after.ts";

/** One request and what it may cost. */
export interface HttpExchange {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly body?: string;
  /** Decoded bytes of the answer that are read at most. */
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Counted up as bytes of bodies go and come, also when the request fails half-way. */
  readonly traffic: { bytesIn: number; bytesOut: number };
}

export interface HttpAnswer {
  readonly status: number;
  /** The whole body; empty unless the status is 2xx. */
  readonly body: Uint8Array;
  /** The relay's clock minus ours, when it sent a date. */
  readonly clockOffsetMs: number | undefined;
  /** From `Retry-After`. */
  readonly retryAfterMs: number | undefined;
}

/** The answer is longer than `maxBytes`. Told apart from other bad answers because one can ask for less. */
export class AnswerTooLongError extends GossipError {
  constructor() {
    super("relay_bad_response", "relay answer: too long");
  }
}

/** Much of the answer came, but not all of it in time: on a slow line one can ask for less, too. */
export class AnswerTooSlowError extends GossipError {
  constructor(timeoutMs: number) {
    super(
      "relay_unreachable",
      `relay: no whole answer within ${timeoutMs} ms, though much of it came`,
    );
  }
}

/** A relay that stalls early has a shorter answer for nobody. */
const MUCH_BYTES = 64 * 1024;

/**
 * Makes one HTTP request against a server that may be hostile: redirects are not followed, the body is read up to its
 * bound and no further, headers and body together have `timeoutMs`.
 *
 * @throws GossipError `relay_unreachable` | `relay_bad_response` (a redirect, or {@link AnswerTooLongError}) |
 *   {@link AnswerTooSlowError}. The signal's reason when the caller gave up.
 */
export async function exchange(
  request: HttpExchange,
  fetchImpl: typeof fetch,
  clock: Clock,
): Promise<HttpAnswer> {
  request.signal?.throwIfAborted();
  const timeout = AbortSignal.timeout(request.timeoutMs);
  const signal = request.signal ? AbortSignal.any([request.signal, timeout]) : timeout;
  const received = { bytes: 0 };
  try {
    const startedAtMs = clock.now();
    request.traffic.bytesOut += Buffer.byteLength(request.body ?? "");
    const response = await fetchImpl(request.url, {
      method: request.method,
      ...(request.body !== undefined && { body: request.body }),
      headers: {
        accept: "application/json",
        // Only less work for both sides: a body that comes compressed all the same is counted as it unfolds.
        "accept-encoding": "identity",
        ...(request.body !== undefined && { "content-type": "application/json" }),
      },
      redirect: "manual",
      signal,
    });
    const endedAtMs = clock.now();
    return await readAnswer(response, request, (startedAtMs + endedAtMs) / 2, received);
  } catch (error) {
    request.signal?.throwIfAborted();
    if (error instanceof GossipError) throw error;
    if (timeout.aborted && received.bytes >= MUCH_BYTES) {
      throw new AnswerTooSlowError(request.timeoutMs);
    }
    const reason = timeout.aborted
      ? `no whole answer within ${request.timeoutMs} ms`
      : "the connection failed";
    throw new GossipError("relay_unreachable", `relay: ${reason}`, { cause: error });
  }
}

async function readAnswer(
  response: Response,
  request: HttpExchange,
  localTimeMs: number,
  received: { bytes: number },
): Promise<HttpAnswer> {
  const { status, headers } = response;
  // A `Date` is cut to whole seconds: half a second more is right on average.
  // An answer with an `Age` came out of a cache, and its date with it.
  const dateMs = Date.parse(headers.has("age") ? "" : (headers.get("date") ?? "")) + 500;
  const clockOffsetMs = Number.isNaN(dateMs) ? undefined : Math.round(dateMs - localTimeMs);
  const retryAfterMs = parseRetryAfter(
    headers.get("retry-after"),
    Number.isNaN(dateMs) ? localTimeMs : dateMs,
  );
  const facts = { status, clockOffsetMs, retryAfterMs };
  if (response.ok) return { ...facts, body: await readCapped(response, request, received) };
  // What the connection does from here on is of no interest: the status is the answer.
  await response.body?.cancel().catch(() => undefined);
  // A redirect could lead to plain http, another host, or an address inside the operator's network.
  if (response.type === "opaqueredirect" || (status >= 300 && status < 400)) {
    throw new GossipError(
      "relay_bad_response",
      `relay answer: a redirect (${status}), not followed`,
    );
  }
  return { ...facts, body: new Uint8Array(0) };
}

async function readCapped(
  response: Response,
  { maxBytes, traffic }: HttpExchange,
  received: { bytes: number },
): Promise<Uint8Array> {
  if (Number(response.headers.get("content-length") ?? 0) > maxBytes) {
    await response.body?.cancel();
    throw new AnswerTooLongError();
  }
  const chunks: Uint8Array[] = [];
  // Leaving the loop early cancels the stream, and with it the connection and the inflating.
  for await (const chunk of response.body ?? []) {
    received.bytes += chunk.length;
    traffic.bytesIn += chunk.length;
    if (received.bytes > maxBytes) throw new AnswerTooLongError();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, received.bytes);
}
