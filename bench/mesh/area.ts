import type { BenchResult } from "../records.ts";
import { createRecord } from "../records.ts";
import { benchCatchUp } from "./catch-up.ts";
import { benchMemory } from "./memory.ts";
import { signMessages } from "./signed-messages.ts";
import { benchStoreRates, measureVerification } from "./store-rates.ts";
import { benchFanOut, benchPeerLatency, benchPeerRate } from "./whole-peer.ts";

/** Messages through a peer while its memory is watched; a short run says how many. */
const MESSAGES = Number(process.env["MESH_MESSAGES"] ?? 1_000_000);
const RATE_MESSAGES = Math.min(30_000, MESSAGES);
const HISTORY = Math.min(100_000, MESSAGES);
const FAN_OUT_MESSAGES = Math.min(2_000, MESSAGES);
const LATENCY_SECONDS = MESSAGES < HISTORY * 2 ? 5 : 20;

/** All figures of a mesh peer: checking, storing, a whole one over a socket, its neighbors, and its memory. */
export async function benchMesh(progress: (line: string) => void): Promise<BenchResult[]> {
  progress(`signing ${RATE_MESSAGES} messages`);
  const signed = signMessages(RATE_MESSAGES);
  progress("checking alone");
  const verifyMs = measureVerification(signed);
  const results: BenchResult[] = [
    { record: createRecord({ name: "mesh-verify", unit: "ms", value: verifyMs }) },
  ];
  progress("storing");
  results.push(...(await benchStoreRates(signed, verifyMs)));
  progress("one whole peer over a socket");
  results.push(...(await benchPeerRate(signed, verifyMs)));
  progress(`1,000 messages a second for ${LATENCY_SECONDS} s`);
  results.push(...(await benchPeerLatency(LATENCY_SECONDS)));
  progress(`${FAN_OUT_MESSAGES} messages to 50 subscribers`);
  results.push(...(await benchFanOut(FAN_OUT_MESSAGES)));
  progress(`a new peer reads ${HISTORY} messages`);
  results.push(...(await benchCatchUp(HISTORY)));
  progress(`memory over ${MESSAGES} messages`);
  results.push(...(await benchMemory(MESSAGES, progress)));
  return results;
}
