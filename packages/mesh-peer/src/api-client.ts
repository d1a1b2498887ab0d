import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { type ApiAccess, notRunning } from "./api-files.ts";
import { MeshCommandError } from "./errors.ts";
import { readEventBlocks } from "./read-event-blocks.ts";

const REDIAL_MIN_MS = 500;
const REDIAL_MAX_MS = 30_000;

const RefusalSchema = z.object({ error: z.string(), message: z.string() });
const SentSchema = z.object({ id: z.string().nullable(), channel: z.string() });

/** An event as the API shows it; see docs/mesh-bots.md. */
const EventSchema = z.object({
  id: z.number(),
  kind: z.enum(["group", "direct"]),
  channel: z.string(),
  from: z.string(),
  verified: z.boolean(),
  messageId: z.string(),
  body: z.string(),
  payload: z.unknown(),
  replyTo: z.string().nullable(),
  sealed: z.boolean(),
  sentAt: z.string(),
  receivedAt: z.string(),
});
export type ApiEvent = z.infer<typeof EventSchema>;

export interface OutgoingRequest {
  readonly channel?: string;
  readonly to?: string;
  readonly body: string;
  readonly key?: string;
}

/**
 * @returns The id of the message, which is on the disk of the running peer; undefined while a direct one waits there for a
 *   key of its receiver.
 * @throws MeshCommandError `not_running` | `refused`.
 */
export async function postMessage(
  access: ApiAccess,
  message: OutgoingRequest,
): Promise<string | undefined> {
  const response = await call(access, "/v1/messages", message);
  return SentSchema.parse(await response.json()).id ?? undefined;
}

/** Listens to a further channel. @throws MeshCommandError `not_running` | `refused`. */
export async function joinChannel(access: ApiAccess, channel: string): Promise<void> {
  await call(access, "/v1/channels", { channels: [channel] });
}

/** Tells the peer not to offer an event again. @throws MeshCommandError `not_running` | `refused`. */
export async function acknowledge(access: ApiAccess, id: number): Promise<void> {
  await call(access, "/v1/events/ack", { ids: [id] });
}

/**
 * Events until the signal aborts: what nobody has acknowledged, then what comes. A stream that breaks is opened again where
 * it stopped.
 *
 * @throws MeshCommandError `not_running` when the peer cannot be reached at first | `refused`.
 */
export async function* followEvents(
  findAccess: () => ApiAccess,
  signal: AbortSignal,
): AsyncGenerator<ApiEvent> {
  let lastId = 0;
  let waitMs = 0;
  while (!signal.aborted) {
    try {
      // Looked up again each time: a peer that was started anew may listen elsewhere.
      const response = await call(findAccess(), "/v1/events", undefined, {
        signal,
        headers: { "last-event-id": String(lastId) },
      });
      for await (const data of readEventBlocks(response.body)) {
        waitMs = REDIAL_MIN_MS;
        if (data === "") continue;
        const event = EventSchema.parse(JSON.parse(data));
        lastId = event.id;
        yield event;
      }
    } catch (error) {
      if (signal.aborted) return;
      const isFirst = waitMs === 0;
      if (isFirst || (error instanceof MeshCommandError && error.code === "refused")) throw error;
    }
    waitMs = Math.min(Math.max(waitMs * 2, REDIAL_MIN_MS), REDIAL_MAX_MS);
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
}

interface CallOptions {
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

async function call(
  { url, token }: ApiAccess,
  path: string,
  body: unknown,
  options: CallOptions = {},
): Promise<Response> {
  const response = await reach(`${url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { "content-type": "application/json" }),
      ...options.headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(options.signal !== undefined && { signal: options.signal }),
    redirect: "error",
  });
  if (response.ok) return response;
  const refusal = RefusalSchema.safeParse(await response.json().catch(() => undefined));
  const reason = refusal.success ? refusal.data.message : `status ${response.status}`;
  throw new MeshCommandError("refused", `the running peer refused it: ${reason}`);
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    throw notRunning(cause);
  }
}
