import { expect, it } from "vitest";
import { KeyCache } from "./key-cache.ts";

it("remembers what belongs to an object", () => {
  const cache = new KeyCache<object, string>(4);
  const owner = {};
  cache.set(owner, "key");
  expect(cache.get(owner)).toBe("key");
  expect(cache.get({})).toBeUndefined();
});

it("forgets the oldest when it is full", () => {
  const cache = new KeyCache<object, number>(2);
  const owners = [{}, {}, {}];
  for (const [i, owner] of owners.entries()) cache.set(owner, i);
  expect(owners.map((owner) => cache.get(owner))).toEqual([undefined, 1, 2]);
});

it("takes a forgotten object back", () => {
  const cache = new KeyCache<object, number>(1);
  const first = {};
  cache.set(first, 1);
  cache.set({}, 2);
  cache.set(first, 3);
  expect(cache.get(first)).toBe(3);
});
