import path from "node:path";
import { openMeshStore } from "../../packages/mesh-sdk/src/store/mesh-store.ts";
import { type BenchResult, createFigure } from "../records.ts";
import { makeBenchFolder } from "./bench-folder.ts";
import { RunningPeer } from "./running-peer.ts";
import { signMessages } from "./signed-messages.ts";

const CHANNEL = "history";
const BATCH = 1_000;
/** Written within a day. */
const SPAN_MS = 24 * 3_600_000;
const MS_PER_SECOND = 1_000;

/** A new peer reads a channel of so many messages from another one, and has each of them on its disk, proven. */
export async function benchCatchUp(messages: number): Promise<BenchResult[]> {
  await using folder = await makeBenchFolder();
  const seed = "old";
  {
    using store = openMeshStore({ path: path.join(folder.path, seed, "mesh.db") });
    const receivedAtMs = Date.now();
    for (let first = 0; first < messages; first += BATCH) {
      const count = Math.min(BATCH, messages - first);
      const spanMs = SPAN_MS - Math.floor((first * SPAN_MS) / messages);
      const signed = signMessages(count, { channelId: CHANNEL, first, spanMs });
      store.add(signed.map((checked) => Object.assign(checked, { receivedAtMs, forUs: false })));
    }
  }
  await using old = await RunningPeer.start(folder.path, { seed });
  const startedAtMs = performance.now();
  await using young = await RunningPeer.start(folder.path, {
    seed: "young",
    channels: [CHANNEL],
    peers: [old.url],
  });
  await young.storedAtLeast(messages);
  const elapsedMs = performance.now() - startedAtMs;
  return [
    createFigure(`mesh-catch-up-${messages}`, "s", elapsedMs / MS_PER_SECOND),
    createFigure("mesh-catch-up-rate", "messages/s", (messages / elapsedMs) * MS_PER_SECOND),
  ];
}
