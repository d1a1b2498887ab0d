import { answerOf } from "./crash-cases.ts";
import type { CrashCase } from "./crash-cases.ts";

/** What one kill did to one person's turn. */
export interface CrashRow {
  readonly name: string;
  readonly point: string;
  /** Calls of the model for the first question. */
  readonly modelCalls: number;
  /** How often the first answer came. */
  readonly answers: number;
  /** Texts that are no answer: the host's own notices about its restart. */
  readonly notices: readonly string[];
  /** From the start of the new gateway to the first answer; undefined when it was there before, or never came. */
  readonly seconds: number | undefined;
  /** The same for the question that came afterwards. */
  readonly laterModelCalls: number;
  readonly laterAnswers: number;
}

export interface RowFacts {
  readonly heard: readonly { readonly text: string; readonly atMs: number }[];
  readonly restartedAtMs: number;
  /** Calls of the model by question number. */
  readonly modelCalls: readonly [first: number, second: number];
}

export function toCrashRow({ name, point }: CrashCase, facts: RowFacts): CrashRow {
  const { heard, restartedAtMs } = facts;
  const [first, second] = [answerOf(name, 1), answerOf(name, 2)];
  const arrival = heard.find(({ text }) => text === first)?.atMs;
  const [modelCalls, laterModelCalls] = facts.modelCalls;
  return {
    name,
    point,
    modelCalls,
    answers: heard.filter(({ text }) => text === first).length,
    notices: heard.map(({ text }) => text).filter((text) => text !== first && text !== second),
    seconds:
      arrival === undefined || arrival < restartedAtMs
        ? undefined
        : (arrival - restartedAtMs) / 1000,
    laterModelCalls,
    laterAnswers: heard.filter(({ text }) => text === second).length,
  };
}

const HEAD = ["model calls", "answers", "notices", "seconds", "then: calls", "answers", "point"];

/** The rows as aligned lines, one kill point each. */
export function formatCrashTable(rows: readonly CrashRow[]): string {
  const cells = rows.map((row) => [
    String(row.modelCalls),
    String(row.answers),
    String(row.notices.length),
    formatSeconds(row),
    String(row.laterModelCalls),
    String(row.laterAnswers),
    row.point,
  ]);
  return [HEAD, ...cells]
    .map((line) =>
      line
        .map((cell, column) =>
          column === line.length - 1 ? cell : cell.padStart(HEAD[column]?.length ?? 0),
        )
        .join("  "),
    )
    .join("\n");
}

function formatSeconds({ answers, seconds }: CrashRow): string {
  if (seconds !== undefined) return seconds.toFixed(1);
  return answers > 0 ? "before" : "never";
}
