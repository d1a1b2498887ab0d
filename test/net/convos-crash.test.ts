import { expect, it } from "vitest";
import { runConvosCrashes } from "../crash/convos/crash-run.ts";

/** The acceptance run is `node scripts/crash.ts --channel convos --kills 200`. */
const KILLS = 8;
const SEED = 7;

it(
  "loses and doubles nothing when the process is killed again and again",
  { timeout: 120_000 },
  async () => {
    const report = await runConvosCrashes({ kills: KILLS, seed: SEED });
    expect(report).toMatchObject({
      lost: [],
      doubled: [],
      accidents: [],
      unhandled: 0,
      queueDepth: 0,
    });
    expect(report.sent).toBeGreaterThan(KILLS);
  },
);
