import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { base64 } from "@scure/base";
import {
  type RelayOptions,
  type RequestLogLine,
  type RunningRelay,
  startRelay,
} from "gossip-relay";
import { afterEach, describe, expect, it } from "vitest";
import {
  createAnnouncement,
  createBoardValue,
  createKeyBundle,
} from "../support/gossip-board-fixtures.ts";

const running: RunningRelay[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((relay) => relay.close()));
});

async function start(options: RelayOptions = {}): Promise<RunningRelay> {
  const relay = await startRelay(options);
  running.push(relay);
  return relay;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** Any request; the body has to be JSON, whatever the status, because the official client parses every body. */
async function call(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

function post(url: string, body: unknown): Promise<Answer> {
  return call(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

/** fetch does not let a program choose the Host header. */
function statusFor(url: string, headers: Record<string, string>): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const request = httpRequest(url, { headers }, (response) => {
    response.resume();
    resolve(response.statusCode);
  });
  request.once("error", reject).end();
  return promise;
}

describe("the seven calls of section 9", () => {
  it("keep keys by the hash of their bytes, and answer an unknown id with an empty value", async () => {
    const { url } = await start();
    const { bundle, userId } = createKeyBundle();
    const key = base64.encode(userId);
    expect(await post(`${url}/auth/retrieve`, { key })).toMatchObject({
      status: 200,
      body: { value: "" },
    });
    const value = base64.encode(bundle);
    const published = await post(`${url}/auth`, { value });
    expect(published).toMatchObject({ status: 200, body: { value: key } });
    expect(await post(`${url}/auth`, { value })).toMatchObject({ status: 200 });
    expect(await post(`${url}/auth/retrieve`, { key })).toMatchObject({ body: { value } });
  });

  it("refuse keys that are no bundle", async () => {
    const { url } = await start();
    const { bundle } = createKeyBundle();
    const broken = [bundle.subarray(1), Uint8Array.from([...bundle, 0]), bundle.with(1, 0)];
    const answers = await Promise.all(
      broken.map((bytes) => post(`${url}/auth`, { value: base64.encode(bytes) })),
    );
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
  });

  it("number announcements from 1 and page them after a counter", async () => {
    const { url } = await start();
    const empty = await call(`${url}/bulletin/counter`);
    expect(empty.body).toEqual({ counter: "0" });
    expect(empty.headers.get("cache-control")).toBe("no-store");
    const items = [createAnnouncement(), createAnnouncement(), createAnnouncement()].map(
      (bytes, index) => ({ counter: String(index + 1), data: base64.encode(bytes) }),
    );
    const counters = [];
    // Their order is the point.
    for (const { data } of items) counters.push((await post(`${url}/bulletin`, { data })).body);
    expect(counters).toEqual([{ counter: "1" }, { counter: "2" }, { counter: "3" }]);
    expect((await call(`${url}/bulletin?limit=500&after=0`)).body).toEqual(items);
    expect((await call(`${url}/bulletin?limit=1&after=1`)).body).toEqual([items[1]]);
    expect((await call(`${url}/bulletin?after=3`)).body).toEqual([]);
    expect((await call(`${url}/bulletin/counter`)).body).toEqual({ counter: "3" });
  });

  it("page 50 announcements unless asked for more, and never more than 1000", async () => {
    const { url } = await start();
    const data = base64.encode(createAnnouncement(2_320));
    for (let batch = 0; batch < 21; batch++) {
      // Not more connections at once than a relay takes.
      await Promise.all(Array.from({ length: 50 }, () => post(`${url}/bulletin`, { data })));
    }
    expect((await call(`${url}/bulletin`)).body).toHaveLength(50);
    expect((await call(`${url}/bulletin?limit=500&after=0`)).body).toHaveLength(500);
    expect((await call(`${url}/bulletin?limit=100000&after=0`)).body).toHaveLength(1_000);
  });

  it("let the first value at an address win: the same again is fine, another is ignored", async () => {
    const { url } = await start();
    const { seeker, value, signAlso } = createBoardValue();
    const key = base64.encode(seeker);
    const send = (bytes: Uint8Array) =>
      post(`${url}/messages/`, { key, value: base64.encode(bytes) });
    expect(await send(value)).toMatchObject({ status: 200, body: { result: "stored" } });
    expect(await send(value)).toMatchObject({ status: 200, body: { result: "same" } });
    const other = signAlso(new Uint8Array(100));
    expect(await send(other)).toMatchObject({ status: 200, body: { result: "ignored" } });
    const fetched = await post(`${url}/messages/fetch`, { seekers: [key] });
    expect(fetched.body).toEqual([{ key, value: base64.encode(value) }]);
  });

  it("answer 409 to another value in strict mode", async () => {
    const { url } = await start({ strict: true });
    const { seeker, value, signAlso } = createBoardValue();
    const send = (bytes: Uint8Array) =>
      post(`${url}/messages`, { key: base64.encode(seeker), value: base64.encode(bytes) });
    expect((await send(value)).status).toBe(200);
    expect((await send(value)).status).toBe(200);
    expect((await send(signAlso(new Uint8Array(9)))).status).toBe(409);
  });

  it("refuse a value that the address's own key did not sign", async () => {
    const { url } = await start();
    const mine = createBoardValue();
    const theirs = createBoardValue();
    const flipped = mine.value.with(200, (mine.value[200] ?? 0) ^ 1);
    const send = (seeker: Uint8Array, value: Uint8Array) =>
      post(`${url}/messages/`, { key: base64.encode(seeker), value: base64.encode(value) });
    expect((await send(mine.seeker, theirs.value)).status).toBe(400);
    expect((await send(mine.seeker, flipped)).status).toBe(400);
    expect((await send(mine.seeker, new Uint8Array(200))).status).toBe(400);
    expect((await send(mine.seeker.subarray(1), mine.value)).status).toBe(400);
    const fetched = await post(`${url}/messages/fetch`, { seekers: [base64.encode(mine.seeker)] });
    expect(fetched.body).toEqual([]);
  });

  it("fetch a thousand addresses at once, only those present, each once", async () => {
    const { url } = await start();
    const values = [createBoardValue(), createBoardValue()];
    await Promise.all(
      values.map(({ seeker, value }) =>
        post(`${url}/messages`, { key: base64.encode(seeker), value: base64.encode(value) }),
      ),
    );
    const absent = Array.from({ length: 1_000 }, (_, index) =>
      Uint8Array.from([0x20, index >> 8, index, ...new Uint8Array(30), 0x01]),
    );
    const asked = [...absent, ...values.map(({ seeker }) => seeker), ...absent];
    const { body } = await post(`${url}/messages/fetch`, {
      seekers: asked.map((seeker) => base64.encode(seeker)),
    });
    expect(body).toEqual(
      values.map(({ seeker, value }) => ({
        key: base64.encode(seeker),
        value: base64.encode(value),
      })),
    );
  });

  it.each(["/auth", "/auth/retrieve", "/bulletin", "/messages", "/messages/fetch"])(
    "take %s with and without a slash at the end",
    async (path) => {
      const { url } = await start();
      const answers = [await post(url + path, {}), await post(`${url}${path}/`, {})];
      expect(answers.map(({ status }) => status)).toEqual([400, 400]);
    },
  );
});

describe("a relay's answers", () => {
  it("are JSON also when the request is wrong", async () => {
    const { url } = await start({ maxBodyBytes: 10_000 });
    const error = { error: expect.any(String), message: expect.any(String) };
    const headers = { "Content-Type": "application/json" };
    const cases: [number, Promise<Answer>][] = [
      [404, call(`${url}/nothing`)],
      [404, call(`${url}/auth`)],
      [400, post(`${url}/auth`, "{")],
      [400, post(`${url}/auth`, "")],
      [400, post(`${url}/auth`, '{"__proto__": {"value": "AAAA"}}')],
      [400, call(`${url}/bulletin?after=-1`)],
      [400, call(`${url}/%zz`)],
      [413, post(`${url}/auth`, { value: "A".repeat(20_000) })],
      [413, post(`${url}/bulletin`, { data: "A".repeat(9_000 + 1_000) })],
      [
        415,
        call(`${url}/auth`, {
          method: "POST",
          headers: { ...headers, "Content-Type": "text/plain" },
          body: "{}",
        }),
      ],
    ];
    const answers = await Promise.all(cases.map(([, answer]) => answer));
    expect(answers.map(({ status }) => status)).toEqual(cases.map(([status]) => status));
    expect(answers.map(({ body }) => body)).toEqual(cases.map(() => error));
  });

  it("never quote the request", async () => {
    const { url } = await start();
    const { body } = await post(`${url}/auth`, '{"value": secret}');
    expect(JSON.stringify(body)).not.toContain("secret");
  });

  it("let browsers in: CORS on answers and on preflight", async () => {
    const { url } = await start();
    const origin = "http://localhost:5173";
    const answer = await call(`${url}/bulletin/counter`, { headers: { origin } });
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    const preflight = await fetch(`${url}/messages/`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
      },
    });
    expect(preflight.ok).toBe(true);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
    expect(preflight.headers.get("access-control-allow-methods")).toContain("POST");
    expect(preflight.headers.get("access-control-allow-headers")).toContain("Content-Type");
  });
});

describe("a relay on loopback", () => {
  it("refuses a foreign Host header on every route, as DNS rebinding sends it", async () => {
    const { url, port } = await start();
    const paths = [
      `${url}/bulletin`,
      `http://127.0.0.1:${port}/metrics`,
      `http://127.0.0.1:${port}/health`,
      `${url}/nothing`,
    ];
    const statuses = await Promise.all(
      paths.map((path) => statusFor(path, { host: "evil.example" })),
    );
    expect(statuses).toEqual([421, 421, 421, 421]);
    expect(await statusFor(`${url}/bulletin`, { host: `localhost:${port}` })).toBe(200);
  });

  it("refuses a foreign Origin, also for requests that need no preflight", async () => {
    const { url } = await start();
    const headers = { origin: "https://evil.example" };
    expect((await call(`${url}/bulletin/counter`, { headers })).status).toBe(403);
    const preflight = await fetch(`${url}/messages/`, {
      method: "OPTIONS",
      headers: { ...headers, "access-control-request-method": "POST" },
    });
    expect(preflight.status).toBe(403);
  });

  it("takes the names and origins it was told of", async () => {
    const { url } = await start({
      allowedHosts: ["Relay.Example"],
      allowedOrigins: ["https://app.example"],
    });
    const headers = { host: "relay.example", origin: "https://app.example" };
    expect(await statusFor(`${url}/bulletin`, headers)).toBe(200);
  });
});

describe("a relay in operation", () => {
  it("limits requests per address and says when to come back", async () => {
    let nowMs = 1_000_000;
    const { url } = await start({ rateLimit: { requests: 3, perMs: 60_000 }, now: () => nowMs });
    const statuses = [];
    // One after the other is the point.
    for (let i = 0; i < 3; i++) statuses.push((await call(`${url}/bulletin/counter`)).status);
    const limited = await call(`${url}/bulletin/counter`);
    expect([...statuses, limited.status]).toEqual([200, 200, 200, 429]);
    expect(limited.headers.get("retry-after")).toBe("20");
    nowMs += 20_000;
    expect((await call(`${url}/bulletin/counter`)).status).toBe(200);
  });

  it("counts clients behind a local proxy by X-Forwarded-For, and only when told to", async () => {
    const limited = { rateLimit: { requests: 1, perMs: 60_000 } };
    const trusting = await start({ ...limited, trustLocalProxy: true });
    const wary = await start(limited);
    const urls = [trusting, trusting, wary, wary].map(({ url }) => `${url}/bulletin/counter`);
    const statuses = [];
    for (const [index, url] of urls.entries()) {
      const headers = { "x-forwarded-for": `203.0.113.${index}` };
      // One after the other is the point.
      statuses.push((await call(url, { headers })).status);
    }
    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  it("forgets announcements and values after the retention, and never reuses a counter", async () => {
    let nowMs = 1_000_000;
    const relay = await start({ retentionMs: 1_000, keyRetentionMs: 5_000, now: () => nowMs });
    const { seeker, value } = createBoardValue();
    const data = base64.encode(createAnnouncement());
    await post(`${relay.url}/auth`, { value: base64.encode(createKeyBundle().bundle) });
    await post(`${relay.url}/bulletin`, { data });
    await post(`${relay.url}/messages`, {
      key: base64.encode(seeker),
      value: base64.encode(value),
    });
    expect(relay.stats()).toEqual({ keys: 1, announcements: 1, values: 1, newestCounter: 1n });
    nowMs += 1_001;
    expect(await relay.prune()).toBe(2);
    nowMs += 4_000;
    expect(await relay.prune()).toBe(1);
    expect(relay.stats()).toEqual({ keys: 0, announcements: 0, values: 0, newestCounter: 1n });
    expect((await post(`${relay.url}/bulletin`, { data })).body).toEqual({ counter: "2" });
  });

  it("says that it is full, keeps reading, and takes writes again after pruning", async () => {
    let nowMs = 1_000_000;
    const relay = await start({ maxDatabaseBytes: 131_072, retentionMs: 1_000, now: () => nowMs });
    const data = base64.encode(createAnnouncement());
    const send = () => post(`${relay.url}/bulletin`, { data });
    let answer = await send();
    // Until it is full.
    for (let i = 0; i < 50 && answer.status === 200; i++) answer = await send();
    expect(answer).toMatchObject({ status: 507, body: { error: "full" } });
    expect((await call(`${relay.url}/bulletin?limit=1`)).status).toBe(200);
    nowMs += 2_000;
    await relay.prune();
    expect((await send()).status).toBe(200);
  });

  it("shows its health and its metrics", async () => {
    const { url, port } = await start();
    const root = `http://127.0.0.1:${port}`;
    expect((await call(`${root}/health`)).body).toEqual({ status: "ok" });
    await post(`${url}/bulletin`, { data: base64.encode(createAnnouncement()) });
    await post(`${url}/bulletin/`, { data: "" });
    const metrics = await fetch(`${root}/metrics`);
    expect(metrics.headers.get("content-type")).toContain("version=0.0.4");
    const lines = (await metrics.text()).split("\n");
    expect(lines).toContain('gossip_relay_rows{table="announcements"} 1');
    expect(lines).toContain("gossip_relay_bulletin_counter 1");
    const request = 'gossip_relay_requests_total{method="POST",route="/api/bulletin",status=';
    expect(lines).toContain(`${request}"200"} 1`);
    expect(lines).toContain(`${request}"400"} 1`);
    expect(lines).toContain(`gossip_relay_received_bytes_total ${11_971 + 11}`);
  });

  it("logs one line per request, without contents, keys or addresses", async () => {
    const lines: RequestLogLine[] = [];
    const { url } = await start({ logRequest: (line) => lines.push(line) });
    const key = base64.encode(createBoardValue().seeker);
    await post(`${url}/messages/fetch`, { seekers: [key] });
    await call(`${url}/bulletin?after=0&limit=1`);
    await call(`${url}/${encodeURIComponent(key)}`);
    await expect
      .poll(() => lines.map(({ method, route, status }) => [method, route, status]), {
        timeout: 20_000,
      })
      .toEqual([
        ["POST", "/api/messages/fetch", 200],
        ["GET", "/api/bulletin", 200],
        ["GET", "unmatched", 404],
      ]);
    expect(lines[0]).toMatchObject({ bytesIn: 64, bytesOut: 2 });
    expect(JSON.stringify(lines)).not.toContain(key);
  });

  it("refuses a port that is taken, and leaves nothing open", async () => {
    const { port } = await start();
    await expect(startRelay({ port })).rejects.toMatchObject({ code: "address_in_use" });
    await expect(startRelay({ host: "192.0.2.1" })).rejects.toMatchObject({
      code: "address_unavailable",
    });
  });

  it("does not wait for ever for a client that sends slowly when it closes", async () => {
    const relay = await start();
    const socket = connect(relay.port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(
      "POST /api/auth HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n",
    );
    await once(socket, "connect");
    await call(`${relay.url}/bulletin/counter`);
    const closed = once(socket, "close");
    await relay.close();
    await closed;
    expect(() => relay.stats()).toThrow("not open");
  });

  it("answers what is in flight before it closes", async () => {
    const relay = await start();
    const fault = relay.faults.inject({ kind: "delay", delayMs: 60_000 });
    const answer = call(`${relay.url}/bulletin/counter`);
    await fault.reached(1);
    await relay.close();
    expect((await answer).body).toEqual({ counter: "0" });
    await expect(fetch(`${relay.url}/bulletin/counter`)).rejects.toThrow("fetch failed");
  });
});
