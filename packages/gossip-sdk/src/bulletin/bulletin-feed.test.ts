import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAnnouncement } from "../announcement/announcement.ts";
import { defaultCrypto } from "../crypto/select.ts";
import { GossipError } from "../errors.ts";
import { type Identity, identityFromRoot } from "../identity/identity.ts";
import { createMemoryRelay, type MemoryRelay } from "../transport/memory-relay.ts";
import type { BulletinItem, RelayClient } from "../transport/relay-client.ts";
import { BulletinFeed, type BulletinFollower } from "./bulletin-feed.ts";
import { BULLETIN_START, type BulletinPosition, fetchEndPosition } from "./position.ts";
import { createSlicedScanner } from "./sliced-scanner.ts";

const crypto = defaultCrypto();
const [alice, bob, stranger] = [somebody(1), somebody(2), somebody(3)];

const HUGE = 2n ** 63n - 1n;

/** What a relay may answer instead of the truth. */
interface Lies {
  counter?: (truth: bigint) => bigint;
  page?: (truth: BulletinItem[], after: bigint) => BulletinItem[];
  failWith?: GossipError;
}

function somebody(root: number): Identity {
  return identityFromRoot(new Uint8Array(32).fill(root), crypto);
}

let relay: MemoryRelay;
let lies: Lies;
let stop: AbortController;
let feed: BulletinFeed;
let pages: number;

beforeEach(() => {
  relay = createMemoryRelay({ crypto });
  lies = {};
  pages = 0;
  stop = new AbortController();
  feed = new BulletinFeed({ openScanner: () => createSlicedScanner(crypto) });
});

afterEach(() => stop.abort());

/** A client of the memory relay whose bulletin lies. */
function lyingClient(): RelayClient {
  const honest = relay.createClient();
  const client: RelayClient = Object.create(honest);
  return Object.assign(client, {
    fetchBulletinCounter: async () => {
      if (lies.failWith) throw lies.failWith;
      const truth = await honest.fetchBulletinCounter();
      return lies.counter?.(truth) ?? truth;
    },
    fetchBulletin: async (page: { after: bigint; limit: number }) => {
      pages += 1;
      const truth = await honest.fetchBulletin(page);
      return lies.page?.(truth, page.after) ?? truth;
    },
  });
}

class Reader implements BulletinFollower {
  readonly scanKey;
  readonly relay = lyingClient();
  readonly intervalMs = 1;
  readonly retryMs = 1;
  readonly found: bigint[] = [];
  resets = 0;
  polls = 0;
  readonly errors: string[] = [];
  current: BulletinPosition;
  takePage: () => Promise<void> = () => Promise.resolve();
  takeReset: () => Promise<void> = () => Promise.resolve();
  readonly #waiting = new Set<() => void>();

  constructor(identity: Identity, position = BULLETIN_START) {
    this.scanKey = {
      kemSecret: identity.secrets.kem,
      kemPublicKey: identity.publicKeys.kemPublicKey,
    };
    this.current = position;
  }

  position(): BulletinPosition {
    return this.current;
  }

  async onPage(candidates: readonly BulletinItem[], position: BulletinPosition): Promise<void> {
    await this.takePage();
    this.found.push(...candidates.map(({ counter }) => counter));
    this.current = position;
  }

  async onRelayReset(): Promise<void> {
    await this.takeReset();
    this.resets += 1;
  }

  onPolled(error: GossipError | undefined): void {
    this.polls += 1;
    if (error) this.errors.push(error.code);
    for (const look of this.#waiting) look();
  }

  follow(): Promise<void> {
    return feed.follow(this, stop.signal);
  }

  /** Resolves after a poll when the condition holds. */
  async until(condition: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (condition()) resolve();
    };
    this.#waiting.add(look);
    look();
    await promise;
    this.#waiting.delete(look);
  }

  /** Resolves after this many more polls. */
  async morePolls(count: number): Promise<void> {
    const target = this.polls + count;
    await this.until(() => this.polls >= target);
  }
}

async function announceTo(recipient: Identity, times = 1): Promise<void> {
  const client = relay.createClient();
  for (let i = 0; i < times; i += 1) {
    const { bytes } = createAnnouncement({
      identity: stranger,
      recipient: recipient.publicKeys,
      userData: new Uint8Array(0),
      nowMs: Date.now() + i,
      crypto,
    });
    await client.postAnnouncement(bytes);
  }
}

/** Fills the bulletin with what is for nobody. */
async function postNoise(count: number): Promise<void> {
  const client = relay.createClient();
  for (let i = 0; i < count; i += 1) {
    await client.postAnnouncement(crypto.randomBytes(8970));
  }
}

describe("reading", () => {
  it("finds what is for each account, and downloads everything once for all", async () => {
    await announceTo(alice);
    await announceTo(bob, 2);
    await postNoise(150);
    await announceTo(alice);
    const [one, other] = [new Reader(alice), new Reader(bob)];
    const done = [one.follow(), other.follow()];
    await one.until(() => one.current.cursor === 154n && other.current.cursor === 154n);
    expect([one.found, other.found]).toEqual([
      [1n, 154n],
      [2n, 3n],
    ]);
    expect(pages).toBeLessThanOrEqual(4);
    stop.abort();
    await Promise.all(done);
  });

  it("goes on for each account where that one stopped", async () => {
    await announceTo(alice, 3);
    const reader = new Reader(alice, { cursor: 2n, fingerprint: undefined });
    void reader.follow();
    await reader.until(() => reader.current.cursor === 3n);
    expect(reader.found).toEqual([3n]);
  });

  it("asks only for the newest counter while there is nothing new", async () => {
    await announceTo(alice);
    const reader = new Reader(alice);
    void reader.follow();
    await reader.until(() => reader.current.cursor === 1n);
    const before = pages;
    await reader.morePolls(10);
    expect(pages - before).toBeLessThanOrEqual(1);
  });

  it("offers a page again that an account could not store, and does not keep the others waiting", async () => {
    await announceTo(alice);
    await announceTo(bob);
    const [broken, sound] = [new Reader(alice), new Reader(bob)];
    let failures = 0;
    broken.takePage = async () => {
      failures += 1;
      if (failures <= 3) throw new GossipError("state_unwritable", "test: disk full");
    };
    void broken.follow();
    void sound.follow();
    await sound.until(() => sound.current.cursor === 2n);
    await broken.until(() => broken.current.cursor === 2n);
    expect([broken.found, failures]).toEqual([[1n], 4]);
  });

  it("ends one account's following with that account's bug, and no other's", async () => {
    await announceTo(alice);
    const [broken, sound] = [new Reader(alice), new Reader(bob)];
    broken.takePage = () => Promise.reject(new TypeError("test: a bug"));
    const failure = broken.follow();
    void sound.follow();
    await expect(failure).rejects.toThrow("test: a bug");
    await sound.morePolls(3);
  });

  it("tells of trouble with the relay and reads on afterwards", async () => {
    await announceTo(alice);
    lies.failWith = new GossipError("relay_unreachable", "test");
    const reader = new Reader(alice);
    void reader.follow();
    await reader.until(() => reader.errors.length >= 2);
    delete lies.failWith;
    await reader.until(() => reader.current.cursor === 1n);
    expect(reader.found).toEqual([1n]);
  });
});

describe("a relay that was installed anew", () => {
  it("is noticed within two polls and read from its beginning", async () => {
    await announceTo(bob, 5);
    const reader = new Reader(alice);
    void reader.follow();
    await reader.until(() => reader.current.cursor === 5n);
    relay.reset();
    await announceTo(alice, 2);
    const before = reader.polls;
    await reader.until(() => reader.current.cursor === 2n);
    // The poll that was under way, and the two that see it.
    expect(reader.polls - before).toBeLessThanOrEqual(3);
    expect([reader.resets, reader.found]).toEqual([1, [1n, 2n]]);
  });

  it("is noticed by what it has at the cursor when it grew past it meanwhile", async () => {
    await announceTo(bob, 3);
    const reader = new Reader(alice);
    const following = reader.follow();
    await reader.until(() => reader.current.cursor === 3n);
    stop.abort();
    await following;
    relay.reset();
    await announceTo(alice, 6);
    stop = new AbortController();
    void reader.follow();
    await reader.until(() => reader.current.cursor === 6n);
    expect([reader.resets, reader.found]).toEqual([1, [1n, 2n, 3n, 4n, 5n, 6n]]);
  });

  it("is noticed by an account that began at its end and has read nothing yet", async () => {
    await announceTo(bob, 3);
    const end = await fetchEndPosition(relay.createClient(), stop.signal);
    expect(end.cursor).toBe(3n);
    relay.reset();
    await announceTo(alice, 6);
    const reader = new Reader(alice, end);
    void reader.follow();
    await reader.until(() => reader.current.cursor === 6n);
    expect([reader.resets, reader.found]).toEqual([1, [1n, 2n, 3n, 4n, 5n, 6n]]);
  });

  it.each([
    ["below the cursor", 2],
    ["past the cursor", 6],
  ])("%s is not forgotten when an account cannot take the news", async (_name, count) => {
    await announceTo(bob, 3);
    const end = await fetchEndPosition(relay.createClient(), stop.signal);
    relay.reset();
    await announceTo(alice, count);
    const reader = new Reader(alice, end);
    const cursors: bigint[] = [];
    reader.takeReset = async () => {
      cursors.push(reader.current.cursor);
      if (cursors.length <= 2) throw new GossipError("state_unwritable", "test: disk full");
    };
    void reader.follow();
    await reader.until(() => reader.current.cursor === BigInt(count));
    expect([reader.resets, reader.found.length, cursors]).toEqual([1, count, [3n, 3n, 3n]]);
  });

  it("is not assumed for one wrong answer", async () => {
    await announceTo(alice, 2);
    const reader = new Reader(alice);
    void reader.follow();
    await reader.until(() => reader.current.cursor === 2n);
    let answers = 0;
    lies.counter = (truth) => {
      answers += 1;
      return answers % 2 === 0 ? 0n : truth;
    };
    await reader.morePolls(20);
    expect([reader.resets, reader.found]).toEqual([0, [1n, 2n]]);
  });
});

describe("a lying bulletin", () => {
  const shapes: [string, Lies][] = [
    ["says the newest counter is 2^63 - 1", { counter: () => HUGE }],
    ["says the newest counter is 2^53 + 1", { counter: () => 2n ** 53n + 1n }],
    [
      "gives an announcement the number 2^63 - 1",
      { counter: () => HUGE, page: ([first]) => (first ? [{ ...first, counter: HUGE }] : []) },
    ],
    [
      "gives numbers with holes",
      { page: (truth) => truth.map((item) => ({ ...item, counter: item.counter * 1000n })) },
    ],
    [
      "never comes to an end",
      {
        counter: () => HUGE,
        page: (_truth, after) =>
          Array.from({ length: 100 }, (_, i) => ({
            counter: after + BigInt(i) + 1n,
            data: new Uint8Array(0),
          })),
      },
    ],
    [
      "gives pages outside the protocol",
      {
        page: () => {
          throw new GossipError("relay_bad_response", "test: counters are not ascending");
        },
      },
    ],
    ["hides everything", { page: () => [] }],
  ];

  it.each(shapes)("that %s is survived, and nothing is missed afterwards", async (_name, shape) => {
    await announceTo(alice, 2);
    Object.assign(lies, shape);
    const reader = new Reader(alice);
    void reader.follow();
    await reader.morePolls(4);
    expect(pages).toBeLessThanOrEqual(21 * reader.polls);
    lies = {};
    await announceTo(alice, 2);
    await reader.until(() => reader.current.cursor === 4n);
    expect(new Set(reader.found)).toEqual(new Set([...reader.found, 1n, 2n, 3n, 4n]));
  });
});
