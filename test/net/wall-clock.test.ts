import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { createWallClock } from "channel-testing";
import { afterAll, expect, it, onTestFinished } from "vitest";
import * as z from "zod";

const HOUR_MS = 3_600_000;
const HOURS = 10;
const folder = mkdtempSync(path.join(tmpdir(), "wall-clock-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** For every line that comes in: what time it is here, in a worker, and by the clock of the timers. */
const TELLER = `
  const { Worker } = require("node:worker_threads");
  const { createInterface } = require("node:readline");
  const worker = new Worker(
    "const { parentPort } = require('node:worker_threads');" +
      "parentPort.on('message', () => parentPort.postMessage(Date.now()));",
    { eval: true },
  );
  worker.on("message", (there) => {
    const times = [Date.now(), new Date().getTime(), Date.parse(Date()), there];
    const isDate = structuredClone(new Date(0)) instanceof Date;
    console.log(JSON.stringify({ times, steadyMs: performance.now(), isDate }));
  });
  createInterface({ input: process.stdin }).on("line", () => worker.postMessage(undefined));
`;

const ToldSchema = z.object({
  times: z.array(z.number()),
  steadyMs: z.number(),
  isDate: z.literal(true),
});

/** Hours: of the steady clock since the start, then what each wall clock is ahead of ours. */
function readHours(line: unknown): number[] {
  const { times, steadyMs } = ToldSchema.parse(JSON.parse(String(line)));
  const nowMs = Date.now();
  return [steadyMs, ...times.map((ms) => ms - nowMs)].map((ms) =>
    Math.abs(Math.round(ms / HOUR_MS)),
  );
}

it("a child's wall clock jumps while it is stopped, in its workers too, and its steady clock does not", async () => {
  const clock = createWallClock(path.join(folder, "offset"));
  const child = spawn(process.execPath, ["--eval", TELLER], {
    env: { ...process.env, ...clock.env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout });
  const ask = async (): Promise<number[]> => {
    const answer = once(lines, "line");
    child.stdin.write("?\n");
    return readHours((await answer)[0]);
  };
  expect(await ask()).toEqual([0, 0, 0, 0, 0]);
  child.kill("SIGSTOP");
  clock.setAhead(HOURS * HOUR_MS);
  child.kill("SIGCONT");
  await expect.poll(ask).toEqual([0, HOURS, HOURS, HOURS, HOURS]);
});
