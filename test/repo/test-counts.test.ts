import { expect, it } from "vitest";
import { addCounts, formatCounts, tryParseCounts } from "../../scripts/test/counts.ts";

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
