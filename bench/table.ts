import { isHeld, isMet } from "./records.ts";
import type { BenchResult } from "./records.ts";

const HEADER = [
  "name",
  "ours",
  "unit",
  "baseline",
  "ratio",
  "floor",
  "raw",
  "over raw",
  "limit",
  "met",
];

/** Renders results as a plain table with aligned columns. */
export function renderTable(results: readonly BenchResult[]): string {
  const rows = [HEADER, ...results.map((result) => row(result))];
  const widths = HEADER.map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  return rows
    .map((cells) =>
      cells
        .map((cell, column) =>
          column === 0 || column === 2
            ? cell.padEnd(widths[column] ?? 0)
            : cell.padStart(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function row(result: BenchResult): string[] {
  const { record, floor, overRawLimit, valueLimit } = result;
  return [
    record.name,
    significant(record.value),
    record.unit,
    significant(record.baseline),
    significant(record.ratio),
    floor === undefined ? "" : String(floor),
    significant(record.raw),
    significant(record.overRaw),
    [overRawLimit, valueLimit].filter((limit) => limit !== undefined).join(" "),
    isHeld(result) ? (isMet(result) ? "yes" : "NO") : "",
  ];
}

/** Three significant digits: more would be noise. */
function significant(value: number | null): string {
  if (value === null) return "";
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
