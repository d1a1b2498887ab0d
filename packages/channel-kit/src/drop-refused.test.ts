import { expect, it } from "vitest";
import { dropRefused } from "./drop-refused.ts";

it("looks while something waits, goes on after a failure, and costs nothing while nothing waits", async () => {
  const stop = new AbortController();
  const counts = [0, 2, 2, 0];
  const errors: unknown[] = [];
  let looks = 0;
  const running = dropRefused({
    outbox: {
      dropRefused: async () => {
        looks += 1;
        if (looks === 1) throw new Error("locked");
        return 1;
      },
    },
    countUnsent: () => {
      const count = counts.shift();
      if (count === undefined) stop.abort();
      return count ?? 0;
    },
    signal: stop.signal,
    onError: (error) => errors.push(error),
    intervalMs: 1,
  });
  await expect(running).rejects.toMatchObject({ name: "AbortError" });
  expect(looks).toBe(2);
  expect(errors).toEqual([expect.objectContaining({ message: "locked" })]);
});
