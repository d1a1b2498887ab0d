/**
 * `node scripts/damage.ts [--channel gossip|convos|mesh] [--cases N] [--seed S]`: damages the files of an account N times, each
 * time another way, and starts the account on them. The last line says how often it refused and how often it went on; exit 1 if it did anything
 * else.
 */
import { parseArgs } from "node:util";
import * as z from "zod";
import { convosDamage } from "../test/state/convos-damage.ts";
import { runDamages } from "../test/state/damage-run.ts";
import { gossipDamage } from "../test/state/gossip-damage.ts";
import { meshDamage } from "../test/state/mesh-damage.ts";

type Options = Parameters<typeof runDamages>[1];

const RUNS = {
  gossip: (options: Options) => runDamages(gossipDamage, options),
  convos: (options: Options) => runDamages(convosDamage, options),
  mesh: (options: Options) => runDamages(meshDamage, options),
};
const ChannelSchema = z.enum(["gossip", "convos", "mesh"]);

const { values } = parseArgs({
  options: {
    channel: { type: "string", default: "gossip" },
    cases: { type: "string", default: "2000" },
    seed: { type: "string", default: "7" },
  },
});
const options = { cases: Number(values.cases), seed: Number(values.seed) };
const report = await RUNS[ChannelSchema.parse(values.channel)](options);
for (const accident of report.accidents) console.log(`accident: ${accident}`);
const { accidents, cases, kept, refused } = report;
console.log(
  `damage: ${cases} cases, ${refused} refused, ${kept} kept, ${accidents.length} accidents`,
);
process.exitCode = accidents.length === 0 ? 0 : 1;
