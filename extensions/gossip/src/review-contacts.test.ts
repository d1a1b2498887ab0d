import { expect, it } from "vitest";
import { reviewContacts } from "./review-contacts.ts";

it("looks again and again, whatever one look brings, until it is stopped", async () => {
  const stop = new AbortController();
  const troubles: unknown[] = [];
  let looks = 0;
  const reviewing = reviewContacts(
    {
      reviewRequests: async () => {
        looks += 1;
        if (looks === 3) stop.abort();
        else if (looks === 2) throw new Error("undecidable");
      },
    },
    stop.signal,
    (error) => troubles.push(error),
    1,
  );
  await expect(reviewing).rejects.toMatchObject({ name: "AbortError" });
  expect(looks).toBe(3);
  expect(troubles).toEqual([expect.objectContaining({ message: "undecidable" })]);
});
