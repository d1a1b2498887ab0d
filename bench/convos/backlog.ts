import { createFigure, type BenchResult } from "../records.ts";
import { assertOnce, sendMany, SILENCE_MS, startTraffic } from "./traffic.ts";

/** `CONVOS_BACKLOG` in the environment makes it shorter. */
const BACKLOG = Number(process.env["CONVOS_BACKLOG"] ?? 10_000);

/** What was written into many conversations while the client was away. */
export async function benchBacklog(
  nodeUrl: string,
  folder: string,
  progress: (line: string) => void,
): Promise<BenchResult[]> {
  await using traffic = await startTraffic(nodeUrl, folder, progress);
  const { client, receipts } = traffic;
  await client.stop();
  await sendMany(traffic, BACKLOG, "backlog", progress);
  progress(`${BACKLOG} messages written while the client was away`);
  const startedAtMs = performance.now();
  const readyMs = await client.start(receipts.note);
  await receipts.reach(BACKLOG, SILENCE_MS);
  const tookMs = performance.now() - startedAtMs;
  progress(`backlog received in ${tookMs.toFixed(0)} ms`);
  assertOnce(traffic);
  return [
    createFigure("convos-backlog", "messages", BACKLOG),
    createFigure("convos-backlog-missed", "messages", BACKLOG - receipts.count, 0),
    createFigure("convos-backlog-ready", "ms", readyMs),
    createFigure("convos-backlog-received", "ms", tookMs),
  ];
}
