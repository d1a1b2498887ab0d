import { GossipError } from "../../packages/gossip-sdk/src/errors.ts";
import { createHttpRelayClient } from "../../packages/gossip-sdk/src/transport/http-relay-client.ts";
import type { RelayClient } from "../../packages/gossip-sdk/src/transport/relay-client.ts";
import type { FuzzTarget, FuzzVerdict } from "./engine.ts";
import type { GossipFixture } from "./gossip-fixtures.ts";
import { hostileBytes } from "./mutate.ts";
import type { SeededRandom } from "./random.ts";

const HEADER_BYTES = 2;
const STATUSES = [200, 200, 200, 200, 200, 200, 201, 206, 302, 404, 429, 500, 503];

/** JSON that a relay could send in place of any value. */
const TELLING_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  "",
  "0",
  "-1",
  "1e3",
  "00",
  "9223372036854775807",
  "9223372036854775808",
  "99999999999999999999999999",
  "====",
  "AA==\n",
  "_-_-",
  "A".repeat(5000),
  [],
  {},
  [[[[[[[[[[[[[[]]]]]]]]]]]]]],
  { __proto__: null, toString: 1 },
  [null, null],
];

/**
 * Every answer of the relay's seven calls through the real HTTP client. The first two bytes of an input choose the call
 * and the status, the rest is the body.
 */
export function gossipRelayTarget(fixture: GossipFixture): FuzzTarget {
  const { peer, announcement, message } = fixture;
  const value = { key: base64(message.seeker), value: base64(message.data) };
  const page = [
    { counter: "7", data: base64(announcement) },
    { counter: "8", data: base64(announcement) },
  ];
  const calls: readonly { answer: unknown; make: (relay: RelayClient) => Promise<unknown> }[] = [
    { answer: { value: "x" }, make: (relay) => relay.publishKeys(peer.publicKeys.bytes) },
    {
      answer: { value: base64(peer.publicKeys.bytes) },
      make: (relay) => relay.fetchKeys(peer.userId),
    },
    { answer: { counter: "123" }, make: (relay) => relay.postAnnouncement(announcement) },
    { answer: page, make: (relay) => relay.fetchBulletin({ after: 6n, limit: 10 }) },
    { answer: { counter: "123" }, make: (relay) => relay.fetchBulletinCounter() },
    { answer: {}, make: (relay) => relay.postValue(message.seeker, message.data) },
    { answer: [value], make: (relay) => relay.fetchValues([message.seeker]) },
  ];
  let response = new Response();
  const relay = createHttpRelayClient({
    url: "http://127.0.0.1:1/api",
    fetch: () => Promise.resolve(response),
    clock: { now: () => 0 },
  });
  return {
    name: "relay answer",
    generate: (random) => {
      const call = random.below(calls.length);
      const header = [call, random.below(STATUSES.length)];
      const samples = [JSON.stringify(calls[call]?.answer)].map((text) => Buffer.from(text));
      const body =
        random.below(2) === 0
          ? Buffer.from(JSON.stringify(hostileJson(random, calls[call]?.answer)))
          : hostileBytes(random, samples);
      return Buffer.concat([Uint8Array.from(header), body]);
    },
    feed: async (input): Promise<FuzzVerdict> => {
      const call = calls[(input[0] ?? 0) % calls.length];
      const status = STATUSES[(input[1] ?? 0) % STATUSES.length] ?? 200;
      const headers = { date: "Thu, 01 Jan 1970 00:00:00 GMT", "retry-after": "1" };
      response = new Response(Uint8Array.from(input.subarray(HEADER_BYTES)), { status, headers });
      await call?.make(relay);
      return "accepted";
    },
    // The answer did arrive: "unreachable" would be a failure of our own that is called by another name.
    isRefusal: (error) => error instanceof GossipError && error.code !== "relay_unreachable",
  };
}

/** The same tree with some of its values or names replaced. */
function hostileJson(random: SeededRandom, value: unknown): unknown {
  if (random.below(4) === 0) return random.pick(TELLING_VALUES);
  if (Array.isArray(value)) {
    const items = value.map((item) => hostileJson(random, item));
    return random.below(8) === 0 ? Array.from({ length: 40 }, () => items[0]) : items;
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      random.below(10) === 0 ? random.pick(["__proto__", "Counter", "", "value"]) : name,
      hostileJson(random, item),
    ]),
  );
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
