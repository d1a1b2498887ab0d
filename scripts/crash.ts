/**
 * `node scripts/crash.ts [--channel gossip|convos|mesh] [--kills N] [--seed S]`: SIGKILLs a process with SDK client, queue and
 * outbox N times while a peer talks to it. The last line says what was lost or doubled; exit 1 if anything.
 */
import { parseArgs } from "node:util";
import * as z from "zod";
import { createConvosWorld } from "../test/crash/convos-world.ts";
import { runCrashes } from "../test/crash/crash-run.ts";
import { createGossipWorld } from "../test/crash/gossip-world.ts";
import { createMeshWorld } from "../test/crash/mesh-world.ts";
import { describeCrashes, isCrashSafe } from "../test/crash/report.ts";

const WORLDS = { gossip: createGossipWorld, convos: createConvosWorld, mesh: createMeshWorld };
const ChannelSchema = z.enum(["gossip", "convos", "mesh"]);

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    seed: { type: "string", default: "7" },
    channel: { type: "string", default: "gossip" },
  },
});
const report = await runCrashes({
  kills: Number(values.kills),
  seed: Number(values.seed),
  createWorld: WORLDS[ChannelSchema.parse(values.channel)],
  log: (line) => console.error(`crash: ${line}`),
});
for (const line of describeCrashes(report)) console.log(line);
process.exitCode = isCrashSafe(report) ? 0 : 1;
