import type { CrashReport } from "./crash-run.ts";

/** Whether nothing was lost, doubled or out of the ordinary. */
export function isCrashSafe(report: CrashReport): boolean {
  const { lost, doubled, strange, accidents, copiesSeen, unhandled, queueDepth } = report;
  return (
    lost.length + doubled.length + strange + accidents.length === 0 &&
    copiesSeen === 0 &&
    unhandled === 0 &&
    queueDepth === 0
  );
}

/** The lines of a run: kills per point, then the totals. */
export function describeCrashes(report: CrashReport): string[] {
  const { lost, doubled, accidents } = report;
  return [
    ...Object.entries(report.byPoint).map(
      ([point, { kills, missed }]) => `${point}: ${kills} kills, ${missed} of them elsewhere`,
    ),
    `${report.sent} messages, ${report.reordered} echoes out of order, ` +
      `${report.copiesSeen} copies seen, ${report.unhandled} unhandled, ${report.queueDepth} queued, ` +
      `${(report.elapsedMs / 1000).toFixed(0)} s`,
    ...(lost.length === 0 ? [] : [`lost: ${lost.join(" ")}`]),
    ...(doubled.length === 0 ? [] : [`doubled: ${doubled.join(" ")}`]),
    ...accidents.map((accident) => `accident: ${accident}`),
    `crash: ${report.kills} kills, ${lost.length} lost, ${doubled.length} doubled`,
  ];
}
