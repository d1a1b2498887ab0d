import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { PassThrough } from "node:stream";
import type { MeshEvent } from "mesh-sdk";
import { afterEach, expect, it } from "vitest";
import { followEvents } from "./api-client.ts";
import { writeEvents } from "./event-stream.ts";
import { formatEventJson } from "./show-event.ts";

const EVENT: MeshEvent = {
  id: 7,
  kind: "group",
  channelId: "#dev",
  senderId: "Jt4xsCOLqMXqhdHe0OC8zplyTXYqDiQxCXGzMD6Kb2M",
  verified: true,
  messageId: "m-2",
  body: "hello",
  payload: { type: "image" },
  replyTo: "m-1",
  sealed: false,
  sentAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  receivedAtMs: Date.UTC(2026, 0, 2, 3, 4, 6),
};

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function* one(event: MeshEvent): AsyncGenerator<MeshEvent> {
  yield event;
}

/** An API that offers one event. @returns Its address. */
async function serve(event: MeshEvent): Promise<string> {
  server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const out = new PassThrough();
    out.pipe(response);
    const filter = { afterId: 0, channelId: undefined };
    void writeEvents(out, one(event), filter, new AbortController().signal);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

it.each([
  ["m-1", "m-1"],
  [undefined, null],
])(
  "an event that answers %s is printed as JSON with all that the API says of it",
  async (replyTo, shown) => {
    const url = await serve({ ...EVENT, replyTo });
    const stop = new AbortController();
    const events = followEvents(() => ({ url, token: "t" }), stop.signal);

    const { value } = await events.next();
    stop.abort();

    expect(JSON.parse(formatEventJson(value))).toEqual({
      id: 7,
      kind: "group",
      channel: "#dev",
      from: EVENT.senderId,
      verified: true,
      messageId: "m-2",
      body: "hello",
      payload: { type: "image" },
      replyTo: shown,
      sealed: false,
      sentAt: "2026-01-02T03:04:05.000Z",
      receivedAt: "2026-01-02T03:04:06.000Z",
    });
  },
);
