import { expect, it } from "vitest";
import { convosDamage } from "../state/convos-damage.ts";
import { runDamages } from "../state/damage-run.ts";

/** The acceptance run is `node scripts/damage.ts --channel convos --cases 2000`. */
const CASES = 96;
const SEED = 7;

it("refuses damaged state or goes on as the same identity, whatever is damaged", async () => {
  const report = await runDamages(convosDamage, { cases: CASES, seed: SEED });
  expect(report.accidents).toEqual([]);
  expect(report.refused + report.kept).toBe(report.cases);
  expect(report.refused).toBeGreaterThan(report.cases / 3);
}, 120_000);
