import type { CrashCase } from "./crash-cases.ts";

/** What the kill did to one person's turn. */
export interface CrashRow {
  readonly name: string;
  readonly point: string;
  /** Calls of the model for the first question. */
  readonly modelCalls: number;
  /** How often the first answer came. */
  readonly answers: number;
  /** Texts that are no answer. */
  readonly notices: readonly string[];
  /** From the start of the new gateway to the first answer; undefined when it was there before, or never came. */
  readonly seconds: number | undefined;
  /** The same for the question that came afterwards. */
  readonly laterModelCalls: number;
  readonly laterAnswers: number;
  /** The host's queue id of the first answer, if the host had it in its queue when it was killed. */
  readonly owedId: string | undefined;
  /** The host's queue id of a send that it gave up in the end. */
  readonly failedId: string | undefined;
}

export interface RowFacts {
  /** What the person received in this round. */
  readonly heard: readonly { readonly text: string; readonly atMs: number }[];
  /** The right answers to the two questions. */
  readonly answers: readonly [first: string, second: string];
  readonly restartedAtMs: number;
  /** Calls of the model by question. */
  readonly modelCalls: readonly [first: number, second: number];
  readonly owedId: string | undefined;
  readonly failedId: string | undefined;
}

export function toCrashRow({ name, point }: CrashCase, facts: RowFacts): CrashRow {
  const { heard, restartedAtMs } = facts;
  const [first, second] = facts.answers;
  const arrivedAtMs = heard.find(({ text }) => text === first)?.atMs;
  const isLate = arrivedAtMs !== undefined && arrivedAtMs >= restartedAtMs;
  const [modelCalls, laterModelCalls] = facts.modelCalls;
  return {
    name,
    point,
    modelCalls,
    answers: heard.filter(({ text }) => text === first).length,
    notices: heard.map(({ text }) => text).filter((text) => text !== first && text !== second),
    seconds: isLate ? (arrivedAtMs - restartedAtMs) / 1000 : undefined,
    laterModelCalls,
    laterAnswers: heard.filter(({ text }) => text === second).length,
    owedId: facts.owedId,
    failedId: facts.failedId,
  };
}

const HEAD = ["model calls", "answers", "notices", "seconds", "then calls", "answers", "point"];

/** One line for each point, in columns, and one for each answer that was lost. */
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
  const lines = [HEAD, ...cells].map((line) =>
    line.map((cell, column) => cell.padStart(HEAD[column]?.length ?? 0)).join("  "),
  );
  const losses = rows
    .filter(({ answers }) => answers === 0)
    .map(({ owedId, point }) => `lost: queue id ${owedId ?? "none"}, ${point}`);
  return [...lines, ...losses, ""].join("\n");
}

function formatSeconds({ answers, seconds }: CrashRow): string {
  if (seconds !== undefined) return seconds.toFixed(1);
  return answers > 0 ? "before" : "never";
}
