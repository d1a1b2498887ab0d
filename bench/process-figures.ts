import { readdirSync, readFileSync } from "node:fs";

/** What Linux says of a process. */
export interface ProcessFigures {
  /** Its own memory, and its share of what it has in common with others. */
  readonly pssMb: number;
  /** Of that, what is no file: pages of a file that was looked into are the kernel's to drop. */
  readonly anonMb: number;
  /** All of its memory, with what it has in common with others. */
  readonly rssMb: number;
  readonly threads: number;
  readonly descriptors: number;
}

const KB_PER_MB = 1024;
const NS_PER_MS = 1e6;

export function readProcessFigures(pid: number): ProcessFigures {
  const folder = `/proc/${pid}`;
  return {
    pssMb: readNumber(`${folder}/smaps_rollup`, /^Pss:\s+(\d+) kB/mu) / KB_PER_MB,
    anonMb: readNumber(`${folder}/smaps_rollup`, /^Pss_Anon:\s+(\d+) kB/mu) / KB_PER_MB,
    rssMb: readNumber(`${folder}/smaps_rollup`, /^Rss:\s+(\d+) kB/mu) / KB_PER_MB,
    threads: readNumber(`${folder}/status`, /^Threads:\s+(\d+)/mu),
    descriptors: readdirSync(`${folder}/fd`).length,
  };
}

/**
 * Milliseconds that each thread of a process has run on a processor: the first figure of its schedstat, in nanoseconds. The
 * main thread has the number of the process.
 */
export function readThreadTimes(pid: number): ReadonlyMap<number, number> {
  const folder = `/proc/${pid}/task`;
  const threads = readdirSync(folder).map(Number);
  return new Map(
    threads.map((thread) => {
      const [ns] = readFileSync(`${folder}/${thread}/schedstat`, "utf8").split(" ");
      return [thread, Number(ns) / NS_PER_MS];
    }),
  );
}

/** What the threads that there are now have run since `before`; threads that came and went in between are not in it. */
export function sumThreadTimesSince(pid: number, before: ReadonlyMap<number, number>): number {
  const now = [...readThreadTimes(pid)];
  return now.reduce((sum, [thread, ms]) => sum + ms - (before.get(thread) ?? 0), 0);
}

function readNumber(file: string, pattern: RegExp): number {
  return Number(pattern.exec(readFileSync(file, "utf8"))?.[1]);
}
