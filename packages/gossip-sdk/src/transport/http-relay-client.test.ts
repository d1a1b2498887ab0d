import { describe, expect, it } from "vitest";
import { userIdFromBytes } from "../identity/user-id.ts";
import { encodeBase64 } from "./base64.ts";
import { createHttpRelayClient } from "./http-relay-client.ts";
import type { RelayClient } from "./relay-client.ts";

interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

const NOW_MS = Date.parse("Sat, 21 Nov 2026 03:00:00 GMT");

/** A client whose requests are answered by a function, without a network. */
function clientOver(answer: (request: SeenRequest) => Response | Promise<Response>) {
  const seen: SeenRequest[] = [];
  const client = createHttpRelayClient({
    url: "https://relay.example/api/",
    clock: { now: () => NOW_MS },
    fetch: async (url, init) => {
      const request = {
        method: init?.method ?? "GET",
        url: typeof url === "string" ? url : "not a text",
        headers: Object.fromEntries(new Headers(init?.headers)),
        body: typeof init?.body === "string" ? init.body : undefined,
      };
      seen.push(request);
      return answer(request);
    },
  });
  return { client, seen };
}

const json = (value: unknown, init: ResponseInit = {}): Response =>
  new Response(JSON.stringify(value), init);

const bytes = Uint8Array.of(0xfb, 0xff);
const seeker = new Uint8Array(34).fill(0x20);
const userId = userIdFromBytes(new Uint8Array(32));

const CALLS: readonly [string, (client: RelayClient) => Promise<unknown>][] = [
  ["publishKeys", (client) => client.publishKeys(bytes)],
  ["fetchKeys", (client) => client.fetchKeys(userId)],
  ["postAnnouncement", (client) => client.postAnnouncement(bytes)],
  ["fetchBulletin", (client) => client.fetchBulletin({ after: 0n, limit: 5 })],
  ["fetchBulletinCounter", (client) => client.fetchBulletinCounter()],
  ["postValue", (client) => client.postValue(seeker, bytes)],
  ["fetchValues", (client) => client.fetchValues([seeker])],
];

describe("HTTP relay client", () => {
  it("writes the seven requests as the official client does", async () => {
    const { client, seen } = clientOver(({ url }) =>
      json(/fetch$|\?/u.test(url) ? [] : { counter: "7", value: "" }),
    );
    await client.publishKeys(bytes);
    await client.fetchKeys(userId);
    await client.postAnnouncement(bytes);
    await client.fetchBulletin({ after: 9n, limit: 500 });
    await client.fetchBulletinCounter();
    await client.postValue(seeker, bytes);
    await client.fetchValues([seeker]);
    const base = "https://relay.example/api";
    const zeros = encodeBase64(new Uint8Array(32));
    const key = encodeBase64(seeker);
    expect(seen.map(({ method, url, body }) => [method, url, body])).toEqual([
      ["POST", `${base}/auth`, '{"value":"+/8="}'],
      ["POST", `${base}/auth/retrieve`, `{"key":"${zeros}"}`],
      ["POST", `${base}/bulletin`, '{"data":"+/8="}'],
      ["GET", `${base}/bulletin?limit=500&after=9`, undefined],
      ["GET", `${base}/bulletin/counter`, undefined],
      ["POST", `${base}/messages/`, `{"key":"${key}","value":"+/8="}`],
      ["POST", `${base}/messages/fetch`, `{"seekers":["${key}"]}`],
    ]);
    const types = seen.map(({ method, headers }) => [method, headers["content-type"]]);
    expect(new Set(types.map(String))).toEqual(new Set(["POST,application/json", "GET,"]));
    expect(seen.map(({ headers }) => headers["accept-encoding"])).toEqual(
      seen.map(() => "identity"),
    );
  });

  it.each(CALLS)("%s tells a limited, a rejected and a broken answer apart", async (_, call) => {
    const failing = async (response: Response): Promise<unknown> =>
      call(clientOver(() => response).client).catch((error: unknown) => error);
    expect(await failing(json({}, { status: 429, headers: { "retry-after": "5" } }))).toMatchObject(
      {
        code: "relay_rate_limited",
        retryAfterMs: 5_000,
      },
    );
    expect(await failing(json({}, { status: 503, headers: { "retry-after": "5" } }))).toMatchObject(
      {
        code: "relay_rate_limited",
      },
    );
    expect(await failing(json({}, { status: 503 }))).toMatchObject({
      code: "relay_rejected",
      message: expect.stringContaining("503"),
    });
    expect(await failing(json({ secret: 1 }, { status: 400 }))).toMatchObject({
      code: "relay_rejected",
      message: expect.not.stringContaining("secret"),
    });
    expect(await failing(new Response(""))).toMatchObject({ code: "relay_bad_response" });
    expect(await failing(new Response("<html>"))).toMatchObject({ code: "relay_bad_response" });
    expect(await failing(new Response(null, { status: 204 }))).toMatchObject({
      code: "relay_bad_response",
    });
    expect(await failing(new Response(null, { status: 302 }))).toMatchObject({
      code: "relay_bad_response",
      message: expect.stringContaining("302"),
    });
  });

  it.each(CALLS)(
    "%s says that a relay cannot be reached, and why in the cause",
    async (_, call) => {
      const cause = new TypeError("fetch failed");
      const { client } = clientOver(() => {
        throw cause;
      });
      await expect(call(client)).rejects.toMatchObject({ code: "relay_unreachable", cause });
    },
  );

  it("takes an empty value and a 404 for keys that are not there", async () => {
    const answers = [json({ value: "" }), json({}), json({}, { status: 404 })];
    const { client } = clientOver(() => answers.shift() ?? new Response());
    expect(await client.fetchKeys(userId)).toBeUndefined();
    expect(await client.fetchKeys(userId)).toBeUndefined();
    expect(await client.fetchKeys(userId)).toBeUndefined();
  });

  it("measures the relay's clock by its Date header, on failures too", async () => {
    const date = new Date(NOW_MS + 60_000).toUTCString();
    const { client } = clientOver(() => json({}, { status: 500, headers: { date } }));
    expect(client.clockOffsetMs).toBeUndefined();
    await client.fetchBulletinCounter().catch(() => undefined);
    expect(client.clockOffsetMs).toBe(60_500);
  });

  it("does not take the date of a cached answer for the relay's time", async () => {
    const headers = { date: new Date(0).toUTCString(), age: "7" };
    const { client } = clientOver(() => json({ counter: "7" }, { headers }));
    await client.fetchBulletinCounter();
    expect(client.clockOffsetMs).toBeUndefined();
  });

  it("counts the bytes of bodies both ways", async () => {
    const { client } = clientOver(() => json({ counter: "7" }));
    await client.postAnnouncement(bytes);
    expect(client.traffic).toEqual({
      bytesOut: '{"data":"+/8="}'.length,
      bytesIn: '{"counter":"7"}'.length,
    });
  });

  it("rejects with the caller's reason when the caller gives up, before and during a call", async () => {
    const reason = new Error("stopped");
    const before = clientOver(() => json({ counter: "7" }));
    const aborted = { signal: AbortSignal.abort(reason) };
    await expect(before.client.fetchBulletinCounter(aborted)).rejects.toBe(reason);
    expect(before.seen).toEqual([]);

    const controller = new AbortController();
    const during = clientOver(() => {
      controller.abort(reason);
      throw new DOMException("aborted", "AbortError");
    });
    const { signal } = controller;
    await expect(during.client.fetchBulletinCounter({ signal })).rejects.toBe(reason);
  });

  it("asks for 1,200 addresses in three requests", async () => {
    const { client, seen } = clientOver(() => json([]));
    const seekers = Array.from({ length: 1_200 }, (_, index) => Uint8Array.of(index >> 8, index));
    await expect(client.fetchValues(seekers)).resolves.toEqual([]);
    const asked = seen.map(({ body }) => (body?.match(/","/gu)?.length ?? 0) + 1);
    expect(asked).toEqual([500, 500, 200]);
  });

  it("asks for no address with no request", async () => {
    const { client, seen } = clientOver(() => json([]));
    await expect(client.fetchValues([])).resolves.toEqual([]);
    expect(seen).toEqual([]);
  });
});
