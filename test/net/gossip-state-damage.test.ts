import { expect, it } from "vitest";
import { runDamages } from "../state/damage-run.ts";
import { gossipDamage } from "../state/gossip-damage.ts";

/** The acceptance run is `node scripts/damage.ts --cases 2000`. */
const CASES = 160;
const SEED = 7;

it("refuses damaged state or goes on as the same identity, whatever is damaged", async () => {
  const report = await runDamages(gossipDamage, { cases: CASES, seed: SEED });
  expect(report.accidents).toEqual([]);
  expect(report.refused + report.kept).toBe(report.cases);
  expect(report.refused).toBeGreaterThan(report.cases / 3);
});
