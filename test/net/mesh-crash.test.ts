import { expect, it } from "vitest";
import { runCrashes } from "../crash/crash-run.ts";
import { createMeshWorld } from "../crash/mesh-world.ts";
import { UNHARMED } from "../crash/unharmed.ts";

/** The acceptance run is `node scripts/crash.ts --channel mesh --kills 200`. */
const KILLS = 6;
const SEED = 7;

it(
  "loses and doubles nothing when the process is killed again and again",
  { timeout: 240_000 },
  async () => {
    const report = await runCrashes({ kills: KILLS, seed: SEED, createWorld: createMeshWorld });
    expect(report).toMatchObject(UNHARMED);
    expect(report.sent).toBeGreaterThan(KILLS);
  },
);
