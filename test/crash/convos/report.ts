import type { ConvosCrashReport } from "./crash-run.ts";

/** Whether nothing was lost, doubled or out of the ordinary. */
export function isConvosCrashSafe(report: ConvosCrashReport): boolean {
  const { lost, doubled, accidents, unhandled, queueDepth } = report;
  return (
    lost.length + doubled.length + accidents.length === 0 && unhandled === 0 && queueDepth === 0
  );
}

/** The lines of a run. */
export function describeConvosCrashes(report: ConvosCrashReport): string[] {
  const { kills, sent, lost, doubled, accidents, unhandled, queueDepth, elapsedMs } = report;
  return [
    `${sent} messages, ${unhandled} unhandled, ${queueDepth} queued, ${(elapsedMs / 1000).toFixed(0)} s`,
    ...(lost.length === 0 ? [] : [`lost: ${lost.join(" ")}`]),
    ...(doubled.length === 0 ? [] : [`doubled: ${doubled.join(" ")}`]),
    ...accidents.map((accident) => `accident: ${accident}`),
    `crash: ${kills} kills, ${lost.length} lost, ${doubled.length} doubled`,
  ];
}
