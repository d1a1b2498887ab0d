import path from "node:path";
import { parseFrame } from "../../packages/mesh-sdk/src/frame/parse-frame.ts";
import { checkMessage } from "../../packages/mesh-sdk/src/message/check-message.ts";
import type { CheckedMessage } from "../../packages/mesh-sdk/src/message/message.ts";
import { createGroupCommit } from "../../packages/mesh-sdk/src/store/group-commit.ts";
import { openMeshStore } from "../../packages/mesh-sdk/src/store/mesh-store.ts";
import { WrongResultError } from "../measure.ts";
import { type BenchResult, createRecord } from "../records.ts";
import { makeBenchFolder } from "./bench-folder.ts";
import { frameTextOf } from "./signed-messages.ts";

/** Adds a second that the store alone must reach in batches. */
const ADDS_PER_SECOND = 20_000;
const BATCH = 500;
/** Messages on their way at a time, as from a socket that is read ahead. */
const IN_FLIGHT = 256;
/** What storing, or a whole peer, may cost next to verification alone: twice as much. */
export const HALF = 0.5;
/** 2,000 messages a second. */
export const SLOWEST_MS = 0.5;
const MS_PER_SECOND = 1_000;

/** Milliseconds that checking one message takes and nothing else: what everything else is compared with. */
export function measureVerification(signed: readonly CheckedMessage[]): number {
  // Warm, as the code of a peer is.
  for (const { message } of signed.slice(0, 500)) checkMessage(message, live());
  const startedAtMs = performance.now();
  for (const { message } of signed) {
    const { verdict } = checkMessage(message, live());
    if (verdict !== "verified") throw new WrongResultError("mesh-verify: not verified");
  }
  return (performance.now() - startedAtMs) / signed.length;
}

/** The store alone, in batches; and frames of text through parser, check and group commit, next to checking alone. */
export async function benchStoreRates(
  signed: readonly CheckedMessage[],
  verifyMs: number,
): Promise<BenchResult[]> {
  const addMs = await measureAdds(signed);
  const storeMs = await measureCheckAndCommit(signed);
  return [
    {
      record: createRecord({ name: "mesh-store-add", unit: "ms", value: addMs }),
      valueLimit: MS_PER_SECOND / ADDS_PER_SECOND,
    },
    {
      record: createRecord({
        name: "mesh-check-and-store",
        unit: "ms",
        value: storeMs,
        baseline: verifyMs,
      }),
      floor: HALF,
      valueLimit: SLOWEST_MS,
    },
  ];
}

async function measureAdds(signed: readonly CheckedMessage[]): Promise<number> {
  await using folder = await makeBenchFolder();
  using store = openMeshStore({ path: path.join(folder.path, "store", "mesh.db") });
  const receivedAtMs = Date.now();
  const added = signed.map((checked) => ({ ...checked, receivedAtMs, forUs: false }));
  const startedAtMs = performance.now();
  for (let first = 0; first < added.length; first += BATCH) {
    store.add(added.slice(first, first + BATCH));
  }
  const elapsedMs = performance.now() - startedAtMs;
  assertStored(store.stats().messages, signed.length);
  return elapsedMs / signed.length;
}

async function measureCheckAndCommit(signed: readonly CheckedMessage[]): Promise<number> {
  await using folder = await makeBenchFolder();
  using store = openMeshStore({ path: path.join(folder.path, "store", "mesh.db") });
  const commit = createGroupCommit(store);
  const frames = signed.map(frameTextOf);
  let next = 0;
  const startedAtMs = performance.now();
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      for (let text = frames[next]; text !== undefined; text = frames[next]) {
        next += 1;
        const frame = parseFrame(text);
        if (frame?.type !== "message") throw new WrongResultError("mesh-store: no message");
        const checked = checkMessage(frame.message, live());
        await commit.add({ ...checked, receivedAtMs: Date.now(), forUs: false });
      }
    }),
  );
  const elapsedMs = performance.now() - startedAtMs;
  assertStored(store.stats().messages, signed.length);
  return elapsedMs / signed.length;
}

function live(): { readonly nowMs: number; readonly by: "live" } {
  return { nowMs: Date.now(), by: "live" };
}

function assertStored(actual: number, expected: number): void {
  if (actual !== expected) {
    throw new WrongResultError(`mesh-store: stored ${actual} of ${expected} messages`);
  }
}
