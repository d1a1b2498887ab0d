import { expect, it } from "vitest";
import { openTestContext } from "../../test-support/client-context.ts";
import { native as crypto } from "../../test-support/people.ts";
import { createMemoryRelay } from "../transport/memory-relay.ts";
import { KeyPublisher } from "./key-publisher.ts";
import { RelayHealth } from "./relay-health.ts";

it("publishes at the next start what a relay that started over has lost, if the process ended before", async () => {
  let published = 0;
  const relay = createMemoryRelay({
    crypto,
    beforeCall: (call) => {
      if (call === "publishKeys") published += 1;
    },
  });
  using context = await openTestContext(1, relay.createClient());
  /** A process that runs until it has published. */
  const runUntilPublished = async (): Promise<KeyPublisher> => {
    const stop = new AbortController();
    const facts = { url: relay.createClient().url, traffic: context.relay.traffic };
    const health = new RelayHealth({
      relay: { ...facts, clockOffsetMs: 0 },
      clock: context.clock,
      log: context.log,
      onChange: () => stop.abort(),
    });
    const publisher = new KeyPublisher({ ...context, health });
    expect(health.keysPublishedAtMs).toBeUndefined();
    await publisher.run(stop.signal);
    return publisher;
  };
  const publisher = await runUntilPublished();
  publisher.publishAgain();
  await runUntilPublished();
  expect(published).toBe(2);
});
