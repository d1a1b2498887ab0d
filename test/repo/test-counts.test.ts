import { expect, it } from "vitest";
import {
  addCounts,
  formatCounts,
  formatFailure,
  isFailure,
  tryParseCounts,
} from "../../scripts/test/counts.ts";

it("the closing line of a run is read back, with colors too, and no other line is taken for one", () => {
  const counts = { passed: 12, failed: 1, skipped: 0 };
  const line = formatCounts(counts);
  expect(line).toBe("tests: 12 passed, 1 failed, 0 skipped");
  expect([line, `\u001b[1m${line}\u001b[22m`].map((text) => tryParseCounts(text))).toEqual([
    counts,
    counts,
  ]);
  expect(tryParseCounts("      Tests  12 passed (12)")).toBeUndefined();
  expect(tryParseCounts(`said "${line}"`)).toBeUndefined();
});

it("two runs are added up", () => {
  const one = { passed: 2, failed: 0, skipped: 1 };
  expect(addCounts([one, { passed: 3, failed: 4, skipped: 0 }])).toEqual({
    passed: 5,
    failed: 4,
    skipped: 1,
  });
});

it("a failure is one plain line, whatever was thrown, and no other line is taken for one", () => {
  const line = formatFailure(
    "a.test.ts > it works",
    new Error("\u001b[31mexpected 1\u001b[0m\nto be 2"),
  );
  expect(line).toBe("failed: a.test.ts > it works: expected 1");
  expect(formatFailure("a.test.ts", "gone")).toBe("failed: a.test.ts: gone");
  expect([line, "tests: 0 passed, 1 failed, 0 skipped"].map((text) => isFailure(text))).toEqual([
    true,
    false,
  ]);
});
