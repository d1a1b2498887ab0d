/**
 * `npm run fuzz -- <area> --inputs N --seed S`: N hostile inputs for every parser of an area, then every bit of one
 * announcement and one message flipped, then replays. Ends with one line that says what was found; exit 1 if anything.
 */
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { FUZZ_AREAS } from "./fuzz/areas.ts";
import { addNews, closingLine, describeNews, isClean, NO_TOTALS } from "./fuzz/totals.ts";
import type { FuzzTotals } from "./fuzz/totals.ts";
import type { FuzzJob, FuzzNews } from "./fuzz/worker.ts";

const DEFAULT_INPUTS = "5000";
const DEFAULT_SEED = "7";
/** An input that has not come back by then never will. */
const STUCK_MS = 60_000;
const WATCH_INTERVAL_MS = 1000;
/** Tight, so that what grows is what is held and not room that V8 takes for garbage. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 256 } as const;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      inputs: { type: "string", default: DEFAULT_INPUTS },
      seed: { type: "string", default: DEFAULT_SEED },
    },
  });
  const [area = ""] = positionals;
  const inputs = Number(values.inputs);
  const seed = Number(values.seed);
  if (!(area in FUZZ_AREAS) || !Number.isSafeInteger(inputs) || !Number.isSafeInteger(seed)) {
    const areas = Object.keys(FUZZ_AREAS).join("|");
    console.error(`usage: npm run fuzz -- <${areas}> [--inputs N] [--seed S]`);
    return 2;
  }
  const totals = await watch({ area, inputs, seed });
  console.log(closingLine(totals));
  return isClean(totals) ? 0 : 1;
}

/** Runs the worker and prints what it reports; ends it when one input never comes back. */
async function watch(job: Omit<FuzzJob, "progress">): Promise<FuzzTotals> {
  const progress = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const counter = new Int32Array(progress);
  const worker = new Worker(new URL("./fuzz/worker.ts", import.meta.url), {
    workerData: { ...job, progress } satisfies FuzzJob,
    resourceLimits: RESOURCE_LIMITS,
  });
  let totals = NO_TOTALS;
  let current = "setup";
  let last = { index: -1, sinceMs: performance.now() };
  const { promise, resolve } = Promise.withResolvers<void>();

  worker.on("message", (news: FuzzNews) => {
    totals = addNews(totals, news);
    for (const line of describeNews(news)) console.log(line);
    if (news.kind === "start") current = news.name;
    if (news.kind === "done") resolve();
  });
  worker.on("error", (error) => {
    const index = Atomics.load(counter, 0);
    console.log(`${current}: input ${index} ended the thread: ${String(error)}`);
    totals = { ...totals, crashes: totals.crashes + 1 };
    resolve();
  });
  worker.on("exit", () => resolve());
  const timer = setInterval(() => {
    const index = Atomics.load(counter, 0);
    const nowMs = performance.now();
    if (index !== last.index) last = { index, sinceMs: nowMs };
    if (nowMs - last.sinceMs < STUCK_MS) return;
    console.log(`${current}: input ${index} of seed ${job.seed} never came back`);
    totals = { ...totals, hangs: totals.hangs + 1 };
    resolve();
  }, WATCH_INTERVAL_MS);

  await promise;
  clearInterval(timer);
  await worker.terminate();
  return totals;
}
