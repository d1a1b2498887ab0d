// The thread that runs the parsers of one area. Before each input it writes the input's index to shared memory, so
// that the main thread can name the input of a parser that never returns.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parentPort, workerData } from "node:worker_threads";
import * as z from "zod";
import { FUZZ_AREAS } from "./areas.ts";
import { fuzz } from "./engine.ts";
import type { FuzzReport } from "./engine.ts";
import { SeededRandom } from "./random.ts";

/** What the worker tells the main thread, in the order of its work. */
export type FuzzNews =
  | { readonly kind: "start"; readonly name: string }
  | { readonly kind: "report"; readonly report: FuzzReport }
  | {
      readonly kind: "invariant";
      readonly name: string;
      readonly cases: number;
      readonly violations: number;
      readonly detail: string;
    }
  | { readonly kind: "done" };

const FuzzJobSchema = z.object({
  area: z.string(),
  inputs: z.number(),
  seed: z.number(),
  progress: z.instanceof(SharedArrayBuffer),
});

/** What the main thread asks for; `progress` holds one Int32. */
export type FuzzJob = z.infer<typeof FuzzJobSchema>;

const { area, inputs, seed, progress } = FuzzJobSchema.parse(workerData);
const counter = new Int32Array(progress);
const chosen = FUZZ_AREAS[area];
if (chosen === undefined || parentPort === null) throw new Error("run this by scripts/fuzz.ts");
const port = parentPort;
const tell = (news: FuzzNews): void => port.postMessage(news);
const onInput = (index: number): void => {
  Atomics.store(counter, 0, index);
};

// Memory is compared after a collection; the flag is not worth a longer command line.
setFlagsFromString("--expose-gc");
globalThis.gc ??= z.custom<NodeJS.GCFunction>().parse(runInNewContext("gc"));

for (const target of chosen.targets()) {
  tell({ kind: "start", name: target.name });
  // One after the other: their memory and times are compared.
  const report = await fuzz(target, inputs, new SeededRandom(seed, target.name), onInput);
  tell({ kind: "report", report });
}
for (const invariant of chosen.invariants()) {
  tell({ kind: "start", name: invariant.name });
  tell({ kind: "invariant", name: invariant.name, ...invariant.run(onInput, 1) });
}
tell({ kind: "done" });
