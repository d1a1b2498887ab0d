import { expect, it } from "vitest";
import { openTestContext } from "../../test-support/client-context.ts";
import { native as crypto, person } from "../../test-support/people.ts";
import { BinWriter } from "../codec/bin.ts";
import { createMemoryRelay } from "../transport/memory-relay.ts";
import type { StepOutcome } from "./conversation-book.ts";
import { ForkCounter } from "./fork-counter.ts";

const NOTICED: StepOutcome = {
  after: undefined,
  peer: person(2).userId,
  created: false,
  events: [],
  settled: [],
  notices: ["fork_noticed"],
};

it("keeps over restarts how often another copy was noticed, and when last", async () => {
  using context = await openTestContext(1, createMemoryRelay({ crypto }).createClient());
  const counter = new ForkCounter({ ...context, clock: { ...context.clock, now: () => 5_000 } });
  expect([counter.total, counter.lastAtMs]).toEqual([0, undefined]);
  counter.onStep({ ...NOTICED, notices: ["session_lost"] });
  expect([counter.total, counter.lastAtMs]).toEqual([0, undefined]);
  counter.onStep(NOTICED);
  const later = new ForkCounter({ ...context, clock: { ...context.clock, now: () => 9_000 } });
  expect([later.total, later.lastAtMs]).toEqual([1, 5_000]);
  later.onStep(NOTICED);
  const last = new ForkCounter(context);
  expect([last.total, last.lastAtMs, later.isRecent, last.isRecent]).toEqual([
    2,
    9_000,
    true,
    false,
  ]);
});

it("takes the count of a state from before the time was kept, which is no news any more", async () => {
  using context = await openTestContext(1, createMemoryRelay({ crypto }).createClient());
  context.store.transaction(() =>
    context.store.meta.set("forks_noticed", new BinWriter().varint(3).finish()),
  );
  const counter = new ForkCounter(context);
  expect([counter.total, counter.lastAtMs]).toEqual([3, undefined]);
});
