import * as fc from "fast-check";
import { expect, it } from "vitest";
import { keyFromHex } from "../identity/key.ts";
import { createOwnTag, isOwnTag } from "./own-tag.ts";
import { createTag } from "./tag.ts";

const OURS = keyFromHex("11".repeat(32));
const OTHER = keyFromHex("22".repeat(32));

it("makes tags as the app does, no two alike, and knows them again", () => {
  const tags = Array.from({ length: 200 }, () => createOwnTag(OURS));
  expect(new Set(tags).size).toBe(200);
  expect(tags.filter((tag) => !/^[A-Za-z0-9]{10}$/u.test(tag))).toEqual([]);
  expect(tags.filter((tag) => !isOwnTag(tag, OURS))).toEqual([]);
});

it("knows no tag that another key or nobody's key made, and no text that is no tag", () => {
  const tags = Array.from({ length: 200 }, () => [createOwnTag(OTHER), createTag()]).flat();
  expect(tags.filter((tag) => isOwnTag(tag, OURS))).toEqual([]);
  const own = createOwnTag(OURS);
  fc.assert(
    fc.property(fc.string(), (text) => text === own || !isOwnTag(text, OURS)),
    { numRuns: 500 },
  );
  expect(isOwnTag(`${own}A`, OURS)).toBe(false);
});
