import * as fc from "fast-check";
import { expect, it } from "vitest";
import { newestMessages } from "./newest-messages.ts";

interface Stored {
  readonly id: string;
  readonly sentAtNs: bigint;
}

/** Loads as XMTP's database does, and notes how many messages were in memory at once. */
function createConversation(times: readonly number[]) {
  const stored = times
    .toSorted((one, other) => other - one)
    .map((time, index): Stored => ({ id: String(index), sentAtNs: BigInt(time) }));
  const pages: number[] = [];
  const load = ({ limit, beforeNs }: { limit: number; beforeNs?: bigint }): Promise<Stored[]> => {
    const older = stored.filter(({ sentAtNs }) => beforeNs === undefined || sentAtNs < beforeNs);
    pages.push(Math.min(limit, older.length));
    return Promise.resolve(older.slice(0, limit));
  };
  return { stored, pages, load };
}

async function collect(
  load: Parameters<typeof newestMessages<Stored>>[0],
  total: number,
): Promise<Stored[]> {
  const found: Stored[] = [];
  for await (const message of newestMessages(load, total)) found.push(message);
  return found;
}

it("gives each of the newest once and in order, however many were sent at one moment", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(30), { maxLength: 120 }),
      fc.integer({ min: 1, max: 90 }),
      async (times, total) => {
        const { load, stored } = createConversation(times);
        const found = await collect(load, total);
        const expected = stored.slice(0, total);
        expect(found.map(({ sentAtNs }) => sentAtNs)).toEqual(
          expected.map(({ sentAtNs }) => sentAtNs),
        );
        expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
      },
    ),
    { numRuns: 200 },
  );
});

it("has twenty messages in memory at a time, and stops at the total", async () => {
  const { load, pages } = createConversation(Array.from({ length: 2_000 }, (_, index) => index));
  expect(await collect(load, 500)).toHaveLength(500);
  expect(Math.max(...pages)).toBe(20);
});
