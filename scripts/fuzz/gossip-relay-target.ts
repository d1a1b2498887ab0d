import { GossipError } from "../../packages/gossip-sdk/src/errors.ts";
import { createHttpRelayClient } from "../../packages/gossip-sdk/src/transport/http-relay-client.ts";
import type { RelayClient } from "../../packages/gossip-sdk/src/transport/relay-client.ts";
import type { FuzzTarget, FuzzVerdict } from "./engine.ts";
import type { GossipFixture } from "./gossip-fixtures.ts";
import { hostileJson } from "./hostile-json.ts";
import { hostileBytes } from "./mutate.ts";

const HEADER_BYTES = 2;
const TELLING_NAMES = ["__proto__", "Counter", "", "value"];
const STATUSES = [200, 200, 200, 200, 200, 200, 201, 206, 302, 404, 429, 500, 503];

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
          ? Buffer.from(JSON.stringify(hostileJson(random, calls[call]?.answer, TELLING_NAMES)))
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

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
