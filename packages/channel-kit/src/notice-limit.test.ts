import { expect, it } from "vitest";
import { createNoticeLimit } from "./notice-limit.ts";

it("lets nineteen notices of a person through per turn and counts the others, for each person apart", () => {
  const limit = createNoticeLimit();
  const passed = Array.from({ length: 1000 }, () => limit.admit("alice")).filter(Boolean);
  expect(passed).toHaveLength(19);
  expect(limit.admit("bob")).toBe(true);
  expect(limit.beginTurn("alice")).toBe(981);
  expect(limit.admit("alice")).toBe(true);
  expect(limit.beginTurn("alice")).toBe(0);
});
