import type { FuzzReport } from "./engine.ts";
import type { FuzzNews } from "./worker.ts";

/** What 100,000 inputs may leave in memory. */
const MAX_RSS_GROWTH_MB = 50;

/** What a run found. */
export interface FuzzTotals {
  readonly inputs: number;
  readonly crashes: number;
  readonly hangs: number;
  /** Tampered inputs that were taken for genuine, flips and replays among them. */
  readonly accepted: number;
  /** Parsers that kept too much memory. */
  readonly grown: number;
  readonly finished: boolean;
}

export const NO_TOTALS: FuzzTotals = {
  inputs: 0,
  crashes: 0,
  hangs: 0,
  accepted: 0,
  grown: 0,
  finished: false,
};

/** Adds one piece of news to the totals. */
export function addNews(totals: FuzzTotals, news: FuzzNews): FuzzTotals {
  if (news.kind === "done") return { ...totals, finished: true };
  if (news.kind === "invariant") {
    return {
      ...totals,
      inputs: totals.inputs + news.cases,
      accepted: totals.accepted + news.violations,
    };
  }
  if (news.kind === "start") return totals;
  const { report } = news;
  return {
    ...totals,
    inputs: totals.inputs + report.inputs,
    crashes: totals.crashes + report.crashes,
    hangs: totals.hangs + report.hangs,
    accepted: totals.accepted + report.forged,
    grown: totals.grown + (report.rssGrowthMb > MAX_RSS_GROWTH_MB ? 1 : 0),
  };
}

/** Whether a run went through and found nothing. */
export function isClean(totals: FuzzTotals): boolean {
  const { crashes, hangs, accepted, grown, finished } = totals;
  return finished && crashes + hangs + accepted + grown === 0;
}

/** The last line of a run. */
export function closingLine({ inputs, crashes, hangs, accepted }: FuzzTotals): string {
  return `fuzz: ${inputs} inputs, ${crashes} crashes, ${hangs} hangs, ${accepted} accepted flips`;
}

/** The lines that one piece of news is worth. */
export function describeNews(news: FuzzNews): string[] {
  if (news.kind === "report") return describeReport(news.report);
  if (news.kind === "invariant") {
    return [`${news.name}: ${news.cases} cases, ${news.detail}, ${news.violations} violations`];
  }
  return [];
}

function describeReport(report: FuzzReport): string[] {
  const { name, inputs, accepted, rejected, crashes, hangs, forged, slowestMs } = report;
  const growth = `${report.rssGrowthMb.toFixed(1)} MB`;
  const tooMuch = report.rssGrowthMb > MAX_RSS_GROWTH_MB ? " (too much)" : "";
  return [
    `${name}: ${inputs} inputs, ${accepted} accepted, ${rejected} rejected, ${forged} forged, ` +
      `${crashes} crashes, ${hangs} hangs, slowest ${slowestMs.toFixed(1)} ms, RSS ${growth}${tooMuch}`,
    ...report.failures.map(
      ({ kind, index, detail, input }) => `  ${kind} at input ${index}: ${detail}\n  ${input}`,
    ),
  ];
}
