import { expect, it } from "vitest";
import { runDamages } from "../state/damage-run.ts";
import { meshDamage } from "../state/mesh-damage.ts";

/** The acceptance run is `node scripts/damage.ts --channel mesh --cases 2000`. */
const CASES = 160;
const SEED = 7;

it("refuses damaged state or goes on as the same identity, whatever is damaged", async () => {
  const report = await runDamages(meshDamage, { cases: CASES, seed: SEED });
  expect(report.accidents).toEqual([]);
  expect(report.refused + report.kept).toBe(report.cases);
  expect(report.refused).toBeGreaterThan(report.cases / 3);
}, 120_000);
