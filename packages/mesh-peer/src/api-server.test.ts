import type { FastifyInstance, InjectOptions } from "fastify";
import { MAX_OWN_CHANNELS, MeshError, type MeshEvent, type MeshPeerStatus } from "mesh-sdk";
import { beforeEach, describe, expect, it } from "vitest";
import { createApiServer } from "./api-server.ts";
import type { LocalPeer } from "./local-peer.ts";

const TOKEN = "T".repeat(43);
const PEER = "Jt4xsCOLqMXqhdHe0OC8zplyTXYqDiQxCXGzMD6Kb2M";

const STATUS: MeshPeerStatus = {
  listeningPort: 5000,
  links: 2,
  provenLinks: 1,
  channels: 1,
  unhandled: 3,
  givenUp: 4,
  stored: 40,
  storedBytes: 5000,
  quarantined: 6,
  unopened: 0,
  madeElsewhere: 0,
  queueDepth: 0,
  lastInboundAtMs: 1_700_000_000_500,
  lastErrorCode: undefined,
};

/** Remembers what it was asked. */
class FakePeer implements LocalPeer {
  readonly peerId = PEER;
  readonly calls: unknown[] = [];
  failure: Error | undefined;

  setChannels(channelIds: readonly string[]): void {
    if (this.failure !== undefined) throw this.failure;
    this.calls.push(["setChannels", channelIds]);
  }
  publish(...call: Parameters<LocalPeer["publish"]>) {
    return this.#answer("publish", call, call[0]);
  }
  sendDirect(...call: Parameters<LocalPeer["sendDirect"]>) {
    return this.#answer("sendDirect", call, "dm");
  }
  async *events(): AsyncGenerator<MeshEvent> {
    // None arrive here; streams are tested with real sockets.
  }
  markHandled(id: number): void {
    this.calls.push(["markHandled", id]);
  }
  status(): MeshPeerStatus {
    return STATUS;
  }

  async #answer(name: string, call: readonly unknown[], channelId: string) {
    if (this.failure !== undefined) throw this.failure;
    this.calls.push([name, ...call]);
    return { messageId: "id-1", channelId };
  }
}

let peer: FakePeer;
let app: FastifyInstance;
let errors: string[];
beforeEach(() => {
  peer = new FakePeer();
  errors = [];
  app = createApiServer({
    peer,
    token: TOKEN,
    channels: ["lobby"],
    isRunning: () => true,
    signal: new AbortController().signal,
    logError: (line) => errors.push(line),
  });
});

function request(options: InjectOptions) {
  return app.inject({
    headers: { authorization: `Bearer ${TOKEN}`, host: "127.0.0.1:5050" },
    ...options,
  });
}

function post(url: string, payload: object) {
  return request({ method: "POST", url, payload });
}

describe("messages", () => {
  it("go to a channel, and the answer has the id", async () => {
    const answer = await post("/v1/messages", {
      channel: "#dev",
      body: "hi",
      payload: { a: 1 },
      key: "k",
    });
    expect([answer.statusCode, answer.json()]).toEqual([202, { id: "id-1", channel: "#dev" }]);
    expect(peer.calls).toEqual([
      ["publish", "#dev", { body: "hi", payload: { a: 1 } }, { key: "k" }],
    ]);
  });

  it("go to a peer, as an answer", async () => {
    await post("/v1/messages", { to: PEER, body: "", replyTo: "m0" });
    expect(peer.calls).toEqual([["sendDirect", PEER, { body: "", replyTo: "m0" }, {}]]);
  });

  it.each([
    ["no address", { body: "secret" }],
    ["two addresses", { channel: "a", to: PEER, body: "secret" }],
    ["no body", { channel: "a" }],
    ["a body that is no text", { channel: "a", body: 5 }],
    ["a field that nobody knows", { channel: "a", body: "x", secret: 1 }],
    ["a list", ["secret"]],
  ])("with %s are refused, and the text is not repeated", async (_what, payload) => {
    const answer = await post("/v1/messages", payload);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ error: "malformed" });
    expect(answer.body).not.toContain('"secret"');
    expect(peer.calls).toEqual([]);
  });

  it.each([
    [new MeshError("invalid_peer_id", "to: expected 43 characters"), 400, "invalid_peer_id"],
    [new MeshError("too_large", "body: expected at most 65536 bytes"), 413, "too_large"],
    [new MeshError("queue_full", "too many wait"), 429, "queue_full"],
    [new MeshError("closed", "the peer has stopped"), 503, "closed"],
    [new MeshError("state_unwritable", "disk full"), 507, "state_unwritable"],
    [new TypeError("at /home/me/secret.ts"), 500, "internal"],
  ])("that the peer cannot take are answered with its reason: %s", async (error, status, code) => {
    peer.failure = error;
    const answer = await post("/v1/messages", { channel: "a", body: "x" });
    expect([answer.statusCode, answer.json()]).toMatchObject([status, { error: code }]);
    expect(answer.body + errors.join()).not.toContain("/home");
  });

  it("that are no JSON, or no JSON by name, or too large are refused before they are read", async () => {
    const headers = {
      authorization: `Bearer ${TOKEN}`,
      host: "localhost",
      "content-type": "application/json",
    };
    const send = async (payload: string, type = headers["content-type"]) =>
      (
        await request({
          method: "POST",
          url: "/v1/messages",
          payload,
          headers: { ...headers, "content-type": type },
        })
      ).statusCode;
    expect(await send('{"channel":')).toBe(400);
    expect(await send('{"channel":"a","body":"b"}', "text/plain")).toBe(415);
    expect(await send(`"${"x".repeat(800_000)}"`)).toBe(413);
    expect(peer.calls).toEqual([]);
  });
});

describe("the door", () => {
  it.each([
    ["no token", {}, 401],
    ["another token", { authorization: `Bearer ${"U".repeat(43)}` }, 401],
    ["a beginning of the token", { authorization: `Bearer ${TOKEN.slice(1)}` }, 401],
    ["the token without its scheme", { authorization: TOKEN }, 401],
    [
      "a name that was pointed at us",
      { authorization: `Bearer ${TOKEN}`, host: "evil.example" },
      421,
    ],
    ["a web page", { authorization: `Bearer ${TOKEN}`, origin: "https://evil.example" }, 403],
    [
      "a web page of this machine",
      { authorization: `Bearer ${TOKEN}`, origin: "http://localhost:3000" },
      403,
    ],
  ])("refuses %s", async (_what, headers, status) => {
    const answer = await request({
      method: "POST",
      url: "/v1/messages",
      payload: { channel: "a", body: "x" },
      headers: { host: "127.0.0.1", ...headers },
    });
    expect(answer.statusCode).toBe(status);
    expect(peer.calls).toEqual([]);
  });

  it("takes no token from a URL", async () => {
    const url = `/v1/peer?token=${TOKEN}&access_token=${TOKEN}`;
    const answer = await request({ url, headers: { host: "localhost" } });
    expect(answer.statusCode).toBe(401);
  });

  it.each(["/healthz", "/metrics"])(
    "lets everybody on this machine read %s, and no web page",
    async (url) => {
      const open = await request({ url, headers: { host: "localhost" } });
      expect(open.statusCode).toBe(200);
      const page = await request({
        url,
        headers: { host: "localhost", origin: "https://evil.example" },
      });
      expect(page.statusCode).toBe(403);
    },
  );
});

describe("the other calls", () => {
  it("acknowledge events by id", async () => {
    expect((await post("/v1/events/ack", { ids: [3, 5] })).statusCode).toBe(204);
    expect(peer.calls).toEqual([
      ["markHandled", 3],
      ["markHandled", 5],
    ]);
    expect((await post("/v1/events/ack", { ids: ["3"] })).statusCode).toBe(400);
    expect((await post("/v1/events/ack", { ids: [] })).statusCode).toBe(400);
  });

  it("add channels to those that are listened to", async () => {
    const answer = await post("/v1/channels", { channels: ["#dev", "lobby"] });
    expect(answer.json()).toEqual({ channels: ["lobby", "#dev"] });
    expect(peer.calls).toEqual([["setChannels", ["lobby", "#dev"]]]);
  });

  it("take as many channels as the peer does, and what it refuses can never work", async () => {
    const names = Array.from({ length: MAX_OWN_CHANNELS + 1 }, (_, n) => `#c${n}`);
    expect((await post("/v1/channels", { channels: names })).statusCode).toBe(400);
    expect(peer.calls).toEqual([]);
    peer.failure = new MeshError("invalid_channel_id", "channels: at most a few");
    expect((await post("/v1/channels", { channels: names.slice(1) })).statusCode).toBe(400);
    const headers = { authorization: `Bearer ${TOKEN}`, host: "localhost" };
    const { channels } = (await request({ url: "/v1/channels", headers })).json();
    expect(channels).toEqual(["lobby"]);
  });

  it("refuse a position in the stream that is no number", async () => {
    const headers = { authorization: `Bearer ${TOKEN}`, host: "localhost", "last-event-id": "x" };
    expect((await request({ url: "/v1/events", headers })).statusCode).toBe(400);
  });

  it("give metrics that name nobody", async () => {
    const { body } = await request({ url: "/metrics" });
    expect(body).toContain("# TYPE mesh_links gauge\nmesh_links 2\n");
    expect(body).toContain("mesh_stored_messages 40\n");
    expect(body).toContain("mesh_given_up_messages 4\n");
    expect(body).toContain("mesh_last_inbound_timestamp_seconds 1700000000.5\n");
    expect(body).not.toContain(PEER);
    expect(body).not.toContain("lobby");
    expect(body).toMatch(/^(?:# TYPE \w+ gauge\n\w+ [\d.]+\n)+$/u);
  });

  it("say who we are", async () => {
    expect((await request({ url: "/v1/peer" })).json()).toMatchObject({ peerId: PEER, links: 2 });
  });
});
