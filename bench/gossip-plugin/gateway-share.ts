import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { prepareHost, startGateway } from "channel-testing";
import type { Host } from "channel-testing";
import * as z from "zod";
import { openGossipNetwork } from "../../scripts/start/gossip-network.ts";
import { WrongResultError } from "../measure.ts";
import { createRecord } from "../records.ts";
import type { BenchResult } from "../records.ts";

const PLUGIN = fileURLToPath(new URL("../../extensions/gossip", import.meta.url));
const LIMIT_MS = 300;
const WAIT_MS = 240_000;
/** Where the plugin's code runs from: its folder, or the copy that the host makes of it for each generation. */
const PLUGIN_URL = /(plugin-captures|extensions\/gossip)\/.*\.js$/;

const ProfileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ url: z.string() }),
      children: z.array(z.number()).optional(),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});
type Profile = z.infer<typeof ProfileSchema>;

/**
 * Time of everything that the plugin runs or has run on the gateway's main thread, from the start of the process until
 * people can write to a new bot: the samples of a CPU profile with a frame of the plugin in their stack. Deriving the
 * keys is not in it: it runs on another thread. The profiler samples by the wall clock: on a machine that does other
 * work as well, waiting for a processor counts too, and only a quiet one gives a figure to compare.
 */
export async function benchGatewayShare(): Promise<BenchResult> {
  const folder = mkdtempSync(path.join(tmpdir(), "gossip-bench-"));
  try {
    await using network = await openGossipNetwork(folder);
    const host = await prepareHost({
      root: path.join(folder, "home"),
      model: { baseUrl: "http://127.0.0.1:9/v1", modelId: "none" },
      channels: { gossip: { enabled: true, protocolUrl: network.relayUrl } },
      plugins: { allow: ["gossip"], loadPaths: [PLUGIN] },
    });
    const profiles = path.join(folder, "profiles");
    const gateway = await startGateway(profiled(host, profiles), { readyTimeoutMs: WAIT_MS });
    await network.findBot(gateway, "default", WAIT_MS);
    await gateway.stop();
    const shares = readdirSync(profiles)
      .map((name) => readFileSync(path.join(profiles, name), "utf8"))
      .map((text) => sumPluginMs(ProfileSchema.parse(JSON.parse(text))));
    const value = Math.max(...shares);
    if (value <= 0) throw new WrongResultError("gateway share: no sample of the plugin");
    const record = createRecord({ name: "plugin share of gateway start", unit: "ms", value });
    return { record, valueLimit: LIMIT_MS };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same host, whose processes write a profile when they end. */
function profiled(host: Host, folder: string): Host {
  const childEnv: Host["childEnv"] = (options) => {
    const env = host.childEnv(options);
    const flags = `${env["NODE_OPTIONS"] ?? ""} --cpu-prof --cpu-prof-dir=${folder}`;
    return { ...env, NODE_OPTIONS: flags };
  };
  return { ...host, childEnv };
}

/** Milliseconds of the samples that have the plugin somewhere in their stack. */
function sumPluginMs({ nodes, samples, timeDeltas }: Profile): number {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const ours = new Set<number>();
  const collect = (id: number): void => {
    ours.add(id);
    for (const child of byId.get(id)?.children ?? []) collect(child);
  };
  for (const { id, callFrame } of nodes) if (PLUGIN_URL.test(callFrame.url)) collect(id);
  // In microseconds.
  const total = samples.reduce(
    (sum, id, index) => sum + (ours.has(id) ? (timeDeltas[index] ?? 0) : 0),
    0,
  );
  return total / 1000;
}
