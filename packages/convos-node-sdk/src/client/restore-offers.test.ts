import { expect, it } from "vitest";
import { type Candidate, chooseOffers } from "./restore-offers.ts";

function candidate(id: string, addedBy: string): Candidate {
  const group = { id, name: () => "", members: () => Promise.resolve([]) };
  return { group, creatorInboxId: addedBy, addedBy };
}

const idsOf = (candidates: readonly Candidate[]): string[] =>
  candidates.map(({ group }) => group.id);

it("leaves room for others when one stranger comes with many groups", () => {
  const flood = Array.from({ length: 1_000 }, (_, index) => candidate(`trap ${index}`, "stranger"));
  const chosen = chooseOffers([...flood, candidate("ours", "bob")], new Set());
  expect(idsOf(chosen)).toEqual(["trap 0", "trap 1", "trap 2", "ours"]);
});

it("keeps what was asked about before, whatever came first", () => {
  const groups = ["one", "two", "three", "four"].map((id) => candidate(id, "bob"));
  expect(idsOf(chooseOffers(groups, new Set(["four"])))).toEqual(["four", "one", "two"]);
});

it("asks about so many at most", () => {
  const crowd = Array.from({ length: 100 }, (_, index) => candidate(`${index}`, `by ${index}`));
  expect(chooseOffers(crowd, new Set())).toHaveLength(30);
});
