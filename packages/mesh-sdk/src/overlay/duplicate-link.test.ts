import { expect, it } from "vitest";
import { chooseLink } from "./duplicate-link.ts";

const other = { in: "out", out: "in" } as const;

it.each(["in", "out"] as const)(
  "keeps the same link on both sides, whichever came first (old is %s)",
  (oldDirection) => {
    const newDirection = other[oldDirection];
    const here = chooseLink({ own: "A", remote: "B", oldDirection, newDirection });
    const there = chooseLink({
      own: "B",
      remote: "A",
      oldDirection: other[oldDirection],
      newDirection: other[newDirection],
    });
    expect(here).toBe(there);
    expect(here).toBe(oldDirection === "out" ? "keep_old" : "keep_new");
  },
);

it("lets the dialer decide between two links that it dialed", () => {
  const ids = { own: "A", remote: "B" };
  expect(chooseLink({ ...ids, oldDirection: "out", newDirection: "out" })).toBe("keep_old");
  expect(chooseLink({ ...ids, oldDirection: "in", newDirection: "in" })).toBe("probe_old");
});
