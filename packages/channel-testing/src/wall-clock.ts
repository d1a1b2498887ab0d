import { renameSync, writeFileSync } from "node:fs";
import { formatRequireFlag } from "./preload/require-flag.ts";

/** A wall clock for child processes that can be set while they run, or are stopped. */
export interface WallClock {
  /** For the environment of every process that goes by it. */
  readonly env: Readonly<Record<string, string>>;
  /** From now on it is so far ahead of the true time. */
  setAhead(ms: number): void;
}

/** Keeps the time in `file`, which must outlive the processes. */
export function createWallClock(file: string): WallClock {
  const setAhead = (ms: number): void => {
    const draft = `${file}.draft`;
    writeFileSync(draft, String(ms));
    renameSync(draft, file);
  };
  setAhead(0);
  return {
    env: {
      NODE_OPTIONS: formatRequireFlag(new URL("./preload/wall-clock.ts", import.meta.url)),
      WALL_CLOCK_FILE: file,
    },
    setAhead,
  };
}
