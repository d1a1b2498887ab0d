import { startRelay } from "gossip-relay";
import {
  createHttpRelayClient,
  createMemoryRelay,
  defaultCrypto,
  type RelayClient,
  userIdFromBytes,
} from "gossip-sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createAnnouncement,
  createBoardValue,
  createKeyBundle,
} from "../support/gossip-board-fixtures.ts";

/** A relay behind the port, empty, with two clients on it. */
interface Fixture extends AsyncDisposable {
  readonly first: RelayClient;
  readonly second: RelayClient;
  reset(): void;
}

const IMPLEMENTATIONS: Record<string, () => Promise<Fixture>> = {
  "in memory": async () => {
    const relay = createMemoryRelay({ crypto: defaultCrypto() });
    return {
      first: relay.createClient(),
      second: relay.createClient(),
      reset: () => relay.reset(),
      [Symbol.asyncDispose]: async () => undefined,
    };
  },
  "over HTTP to the real relay": async () => {
    const relay = await startRelay();
    return {
      first: createHttpRelayClient({ url: relay.url }),
      second: createHttpRelayClient({ url: `${relay.url}/` }),
      reset: () => relay.faults.reset(),
      [Symbol.asyncDispose]: () => relay.close(),
    };
  },
};

describe.each(Object.entries(IMPLEMENTATIONS))("a RelayClient %s", (_, open) => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await open();
  });
  afterEach(() => fixture[Symbol.asyncDispose]());

  it("has one url for all clients of a relay, and another for another relay", async () => {
    expect(fixture.first.url).toBe(fixture.second.url);
    await using other = await open();
    expect(other.first.url).not.toBe(fixture.first.url);
  });

  it("publishes keys, again and again, and finds them by their id only", async () => {
    const { first, second } = fixture;
    const mine = createKeyBundle();
    const id = userIdFromBytes(mine.userId);
    expect(await second.fetchKeys(id)).toBeUndefined();
    await first.publishKeys(mine.bundle);
    await first.publishKeys(mine.bundle);
    const found = await second.fetchKeys(id);
    expect(found?.userId).toBe(id);
    expect(found?.bytes).toEqual(mine.bundle);
    expect(await second.fetchKeys(userIdFromBytes(createKeyBundle().userId))).toBeUndefined();
  });

  it("refuses keys that are no bundle", async () => {
    const { bundle } = createKeyBundle();
    await expect(fixture.first.publishKeys(bundle.subarray(1))).rejects.toMatchObject({
      code: "relay_rejected",
    });
  });

  it("numbers announcements from 1 and pages them after a counter", async () => {
    const { first, second } = fixture;
    expect(await first.fetchBulletinCounter()).toBe(0n);
    expect(await first.fetchBulletin({ after: 0n, limit: 10 })).toEqual([]);
    const sent = [createAnnouncement(), createAnnouncement(), createAnnouncement()];
    const counters = [];
    for (const announcement of sent) {
      // Their order is the point.
      counters.push(await first.postAnnouncement(announcement));
    }
    expect(counters).toEqual([1n, 2n, 3n]);
    expect(await second.fetchBulletinCounter()).toBe(3n);
    const items = sent.map((data, index) => ({ counter: BigInt(index + 1), data }));
    expect(await second.fetchBulletin({ after: 0n, limit: 10 })).toEqual(items);
    expect(await second.fetchBulletin({ after: 1n, limit: 1 })).toEqual([items[1]]);
    expect(await second.fetchBulletin({ after: 3n, limit: 10 })).toEqual([]);
    expect(await second.fetchBulletin({ after: 2n ** 63n - 1n, limit: 10 })).toEqual([]);
  });

  it("keeps the first value of an address and answers success to all", async () => {
    const { first, second } = fixture;
    const { seeker, value, signAlso } = createBoardValue();
    await first.postValue(seeker, value);
    await first.postValue(seeker, value);
    await second.postValue(seeker, signAlso(new Uint8Array(50)));
    expect(await second.fetchValues([seeker])).toEqual([{ seeker, value }]);
  });

  it("refuses values that are not signed for their address", async () => {
    const mine = createBoardValue();
    const theirs = createBoardValue();
    const squat = fixture.first.postValue(mine.seeker, theirs.value);
    await expect(squat).rejects.toMatchObject({ code: "relay_rejected" });
    expect(await fixture.first.fetchValues([mine.seeker])).toEqual([]);
  });

  it("fetches what is there of 1,200 addresses, each once", async () => {
    const { first, second } = fixture;
    const values = [createBoardValue(), createBoardValue(), createBoardValue()];
    await Promise.all(values.map(({ seeker, value }) => first.postValue(seeker, value)));
    const absent = Array.from({ length: 1_200 }, (_unused, index) =>
      Uint8Array.from([0x20, index >> 8, index, ...new Uint8Array(30), 0x01]),
    );
    const [a, b, c] = values.map(({ seeker }) => seeker);
    const asked = [a, a, b, ...absent, c].filter((seeker) => seeker !== undefined);
    const found = await second.fetchValues(asked);
    expect(found).toEqual(values.map(({ seeker, value }) => ({ seeker, value })));
    expect(await second.fetchValues([])).toEqual([]);
  });

  it("hands out copies that the caller may change", async () => {
    const { first } = fixture;
    const sent = createAnnouncement();
    const { seeker, value } = createBoardValue();
    const expected = { announcement: Uint8Array.from(sent), value: Uint8Array.from(value) };
    await first.postAnnouncement(sent);
    await first.postValue(seeker, value);
    for (const buffer of [
      sent,
      value,
      ...(await first.fetchBulletin({ after: 0n, limit: 1 })).map(({ data }) => data),
      ...(await first.fetchValues([seeker])).map((found) => found.value),
    ]) {
      buffer.fill(0);
    }
    expect((await first.fetchBulletin({ after: 0n, limit: 1 }))[0]?.data).toEqual(
      expected.announcement,
    );
    expect((await first.fetchValues([seeker]))[0]?.value).toEqual(expected.value);
  });

  it("counts from 1 again after a reset", async () => {
    const { first } = fixture;
    await first.postAnnouncement(createAnnouncement());
    fixture.reset();
    expect(await first.fetchBulletinCounter()).toBe(0n);
    expect(await first.postAnnouncement(createAnnouncement())).toBe(1n);
  });

  it("counts its traffic, and its own only", async () => {
    const { first, second } = fixture;
    await first.postAnnouncement(createAnnouncement());
    expect(first.traffic.bytesOut).toBeGreaterThan(8_000);
    expect(second.traffic.bytesOut).toBe(0);
    await second.fetchBulletin({ after: 0n, limit: 10 });
    expect(second.traffic.bytesIn).toBeGreaterThan(8_000);
  });

  it("rejects with the caller's reason when the caller gave up", async () => {
    const reason = new Error("stopped");
    const options = { signal: AbortSignal.abort(reason) };
    const { first } = fixture;
    const calls = [
      first.publishKeys(createKeyBundle().bundle, options),
      first.fetchKeys(userIdFromBytes(new Uint8Array(32)), options),
      first.postAnnouncement(createAnnouncement(), options),
      first.fetchBulletin({ after: 0n, limit: 1 }, options),
      first.fetchBulletinCounter(options),
      first.postValue(new Uint8Array(34), new Uint8Array(1), options),
      first.fetchValues([new Uint8Array(34)], options),
    ];
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes).toEqual(calls.map(() => ({ status: "rejected", reason })));
    expect(await first.fetchBulletinCounter()).toBe(0n);
  });
});
