import { base64 } from "@scure/base";
import { type RunningRelay, startRelay } from "gossip-relay";
import { createHttpRelayClient, type RelayClient, userIdFromBytes } from "gossip-sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createAnnouncement,
  createBoardValue,
  createKeyBundle,
} from "../support/gossip-board-fixtures.ts";

/** Every switch as our own client meets it. */
describe("the fault switches of a relay", () => {
  let relay: RunningRelay;
  let client: RelayClient;
  beforeEach(async () => {
    relay = await startRelay();
    client = createHttpRelayClient({ url: relay.url, timeoutMs: 5_000 });
  });
  afterEach(() => relay.close());

  /** Cut at once, as opposed to timed out. */
  const cutOff = expect.objectContaining({
    code: "relay_unreachable",
    message: "relay: the connection failed",
  });
  const announce = (): Promise<bigint> => client.postAnnouncement(createAnnouncement());
  const page = () => client.fetchBulletin({ after: 0n, limit: 10 });

  it("drop a request before it takes effect, as often as asked", async () => {
    const fault = relay.faults.inject({ kind: "drop", routes: ["bulletin_post"], times: 2 });
    await expect(announce()).rejects.toEqual(cutOff);
    await expect(announce()).rejects.toEqual(cutOff);
    expect(await announce()).toBe(1n);
    expect(fault.hits).toBe(2);
  });

  it("drop only the answer, after the request took effect", async () => {
    relay.faults.inject({ kind: "drop", applied: true, times: 1 });
    await expect(announce()).rejects.toEqual(cutOff);
    expect(await announce()).toBe(2n);
  });

  it("leave a request hanging until the client gives up", async () => {
    const patient = createHttpRelayClient({ url: relay.url, timeoutMs: 100 });
    relay.faults.inject({ kind: "hang" });
    await expect(patient.fetchBulletinCounter()).rejects.toMatchObject({
      code: "relay_unreachable",
      message: expect.stringContaining("100 ms"),
    });
  });

  it("cut hanging requests when they are removed", async () => {
    const fault = relay.faults.inject({ kind: "hang" });
    const answer = client.fetchBulletinCounter().catch((error: unknown) => error);
    await fault.reached(1);
    fault.remove();
    expect(await answer).toEqual(cutOff);
    expect(await client.fetchBulletinCounter()).toBe(0n);
  });

  it("cut hanging requests when the relay closes", async () => {
    const fault = relay.faults.inject({ kind: "hang", applied: true });
    const answer = announce().catch((error: unknown) => error);
    await fault.reached(1);
    await relay.close();
    expect(await answer).toEqual(cutOff);
  });

  it("delay an answer", async () => {
    relay.faults.inject({ kind: "delay", delayMs: 50 });
    const startedAtMs = performance.now();
    await client.fetchBulletinCounter();
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(49);
  });

  it("carry posts out twice", async () => {
    relay.faults.inject({ kind: "duplicate", times: 1 });
    expect(await announce()).toBe(2n);
    const items = await page();
    expect(items.map(({ counter }) => counter)).toEqual([1n, 2n]);
    expect(items[0]?.data).toEqual(items[1]?.data);
  });

  it("list every announcement twice, which the client refuses", async () => {
    await announce();
    relay.faults.inject({ kind: "duplicate" });
    await expect(page()).rejects.toMatchObject({ code: "relay_bad_response" });
  });

  it("reverse a page, which the client refuses", async () => {
    await announce();
    await announce();
    relay.faults.inject({ kind: "reorder", times: 1 });
    await expect(page()).rejects.toMatchObject({ code: "relay_bad_response" });
    expect(await page()).toHaveLength(2);
  });

  it("answer 500, and 429 with the time to come back", async () => {
    relay.faults.inject({ kind: "status", status: 500, applied: true, times: 1 });
    relay.faults.inject({ kind: "status", status: 429, retryAfter: "3" });
    await expect(announce()).rejects.toMatchObject({ code: "relay_rejected" });
    await expect(announce()).rejects.toMatchObject({
      code: "relay_rate_limited",
      retryAfterMs: 3_000,
    });
    expect(relay.stats().announcements).toBe(1);
  });

  it("overwrite a value against the first-write rule", async () => {
    const { seeker, value } = createBoardValue();
    await client.postValue(seeker, value);
    const other = Uint8Array.of(1, 2, 3);
    expect(relay.faults.overwriteValue(seeker, other)).toBe(true);
    expect(await client.fetchValues([seeker])).toEqual([{ seeker, value: other }]);
    expect(relay.faults.overwriteValue(createBoardValue().seeker, other)).toBe(false);
  });

  it("hand out other keys for an id, which the client refuses", async () => {
    const mine = createKeyBundle();
    const id = userIdFromBytes(mine.userId);
    await client.publishKeys(mine.bundle);
    relay.faults.overwriteKeys(mine.userId, createKeyBundle().bundle);
    await expect(client.fetchKeys(id)).rejects.toMatchObject({ code: "identity_mismatch" });
    relay.faults.overwriteKeys(mine.userId, mine.bundle.subarray(7));
    await expect(client.fetchKeys(id)).rejects.toMatchObject({ code: "invalid_public_keys" });
  });

  it("reset the relay to one that was installed anew", async () => {
    await announce();
    await announce();
    relay.faults.reset();
    expect(await client.fetchBulletinCounter()).toBe(0n);
    expect(await announce()).toBe(1n);
  });

  it("set the relay's clock, which the client sees in its answers", async () => {
    relay.faults.clockOffsetMs = 90 * 60_000;
    await client.fetchBulletinCounter();
    expect(client.clockOffsetMs).toBeGreaterThan(90 * 60_000 - 1_500);
    expect(client.clockOffsetMs).toBeLessThan(90 * 60_000 + 1_500);
  });

  it("rewrite a true answer", async () => {
    await announce();
    relay.faults.inject({
      kind: "rewrite",
      routes: ["bulletin_page"],
      rewrite: () => [{ counter: "9223372036854775808", data: base64.encode(Uint8Array.of(1)) }],
    });
    await expect(page()).rejects.toMatchObject({ code: "relay_bad_response" });
  });

  it("hand the raw exchange over, body and all", async () => {
    const bodies: unknown[] = [];
    relay.faults.inject({
      kind: "respond",
      match: (body) => body instanceof Object && "seekers" in body,
      respond: (_request, response, body) => {
        bodies.push(body);
        response.writeHead(200, { "content-type": "application/json" }).end("[]");
      },
    });
    const { seeker } = createBoardValue();
    expect(await client.fetchValues([seeker])).toEqual([]);
    expect(bodies).toEqual([{ seekers: [base64.encode(seeker)] }]);
    expect(await announce()).toBe(1n);
  });
});
