import { readdirSync, readFileSync } from "node:fs";

/** What Linux says of a process. */
export interface ProcessFigures {
  /** Its own memory, and its share of what it has in common with others. */
  readonly pssMb: number;
  readonly threads: number;
  readonly descriptors: number;
}

const KB_PER_MB = 1024;

export function readProcessFigures(pid: number): ProcessFigures {
  const folder = `/proc/${pid}`;
  return {
    pssMb: readNumber(`${folder}/smaps_rollup`, /^Pss:\s+(\d+) kB/mu) / KB_PER_MB,
    threads: readNumber(`${folder}/status`, /^Threads:\s+(\d+)/mu),
    descriptors: readdirSync(`${folder}/fd`).length,
  };
}

function readNumber(file: string, pattern: RegExp): number {
  return Number(pattern.exec(readFileSync(file, "utf8"))?.[1]);
}
