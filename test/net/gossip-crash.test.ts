import { expect, it } from "vitest";
import { runCrashes } from "../crash/crash-run.ts";
import { createGossipWorld } from "../crash/gossip-world.ts";
import { UNHARMED } from "../crash/unharmed.ts";

/** The acceptance run is `node scripts/crash.ts --kills 200`. */
const KILLS = 16;
const SEED = 7;

it(
  "loses and doubles nothing when the process is killed again and again",
  { timeout: 240_000 },
  async () => {
    const report = await runCrashes({ kills: KILLS, seed: SEED, createWorld: createGossipWorld });
    expect(report).toMatchObject(UNHARMED);
    expect(report.sent).toBeGreaterThan(KILLS);
  },
);
