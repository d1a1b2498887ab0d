import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { runFlood } from "../../test/support/gossip-flood.ts";
import { createFigure, type BenchResult } from "../records.ts";

const FLOOD = { ids: Number(process.env["FLOOD_IDS"] ?? 10_000), approved: 10, questions: 31 };
const GROWTH_LIMIT_MB = 20;
const MB = 1_000_000;
const MAX_ANNOUNCED_PER_MINUTE = 60;
/** What a question of an approved person may take longer in the middle of it. */
const SLOWER_LIMIT = 1.1;

/** 10,000 new ids announce themselves to a channel with ten approved people. */
export async function benchFlood(progress: (line: string) => void): Promise<BenchResult[]> {
  const root = await mkdtemp(path.join(tmpdir(), "gossip-flood-"));
  await mkdir(path.join(root, "run"), { mode: 0o700 });
  // The host's pairing store and our lock look there.
  process.env["OPENCLAW_STATE_DIR"] = path.join(root, "state");
  process.env["XDG_RUNTIME_DIR"] = path.join(root, "run");
  progress(`${FLOOD.ids} new ids`);
  const figures = await runFlood(root, FLOOD);
  await rm(root, { recursive: true, force: true });
  const { announced, minutes, quietMs, floodedMs } = figures;
  return [
    createFigure(
      "flood-announced-per-minute",
      "1/min",
      announced / minutes,
      MAX_ANNOUNCED_PER_MINUTE,
    ),
    createFigure("flood-largest-request", "addresses", figures.largestRequest),
    createFigure("flood-state-growth", "MB", figures.grownBytes / MB, GROWTH_LIMIT_MB),
    createFigure("flood-turn-before", "ms", quietMs),
    createFigure("flood-turn-during", "ms", floodedMs, Math.ceil(quietMs * SLOWER_LIMIT)),
    createFigure("flood-foreign-turns", "turns", figures.foreignTurns, 0),
  ];
}
