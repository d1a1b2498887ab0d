/**
 * Preload for child processes (`node --require`), workers included: `Date` runs ahead of the true time by the milliseconds
 * in the file `WALL_CLOCK_FILE`. Timers and `performance.now()` go on as they are: so it is on a machine that has slept.
 *
 * The file may change at any time, also while the process is stopped. What is not JavaScript keeps the true time: the
 * times of files, and the clock of SQLite.
 */
import { readFileSync } from "node:fs";

/** By the steady clock: whoever was stopped for longer reads again before it first asks for the time. */
const READ_EVERY_MS = 100;

const file = process.env["WALL_CLOCK_FILE"];
if (file !== undefined) moveClock(file);

function moveClock(offsetFile: string): void {
  const TrueDate = Date;
  const readTrueTime = Date.now;
  let offsetMs = 0;
  let readAtMs = Number.NEGATIVE_INFINITY;
  const now = (): number => {
    const steadyMs = performance.now();
    if (steadyMs - readAtMs >= READ_EVERY_MS) {
      readAtMs = steadyMs;
      offsetMs = Number(readFileSync(offsetFile, "utf8"));
    }
    return readTrueTime() + offsetMs;
  };
  // A proxy and no class: whatever Node.js makes itself is still an instance of `Date`.
  const MovedDate = new Proxy(TrueDate, {
    apply: () => new TrueDate(now()).toString(),
    construct(target, args, newTarget) {
      const made: unknown = Reflect.construct(target, args.length > 0 ? args : [now()], newTarget);
      return made instanceof TrueDate ? made : new TrueDate(Number.NaN);
    },
  });
  TrueDate.now = now;
  TrueDate.prototype.constructor = MovedDate;
  globalThis.Date = MovedDate;
}
