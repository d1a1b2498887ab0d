import { createFigure, type BenchResult } from "../records.ts";
import { assertOnce, sendMany, SILENCE_MS, startTraffic } from "./traffic.ts";

/** `CONVOS_MESSAGES` in the environment makes it shorter. */
const STREAMED = Number(process.env["CONVOS_MESSAGES"] ?? 100_000);
/** Sent and not received, at most. */
const WINDOW = 2_000;

/** Messages without end into many conversations, as fast as the client takes them. */
export async function benchStream(
  nodeUrl: string,
  folder: string,
  progress: (line: string) => void,
): Promise<BenchResult[]> {
  await using traffic = await startTraffic(nodeUrl, folder, progress);
  const { receipts } = traffic;
  const startedAtMs = performance.now();
  const isFull = (sent: number): boolean => sent - receipts.count > WINDOW;
  await sendMany(traffic, STREAMED, "stream", progress, isFull);
  await receipts.reach(STREAMED, SILENCE_MS);
  const seconds = (performance.now() - startedAtMs) / 1000;
  progress(`${STREAMED} messages streamed in ${seconds.toFixed(0)} s`);
  assertOnce(traffic);
  return [
    createFigure("convos-streamed", "messages", STREAMED),
    createFigure("convos-streamed-missed", "messages", STREAMED - receipts.count, 0),
    createFigure("convos-streamed-rate", "messages/s", STREAMED / seconds),
  ];
}
