import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { prepareHost, startGateway } from "channel-testing";
import type { Host } from "channel-testing";
import { openGossipNetwork, type GossipNetwork } from "../../scripts/start/gossip-network.ts";
import { median, WrongResultError } from "../measure.ts";
import { createFigure, type BenchResult } from "../records.ts";
import { ProfileSchema, sumShare } from "./profile-share.ts";

const PLUGIN = fileURLToPath(new URL("../../extensions/gossip", import.meta.url));
const ROUNDS = 3;
const LIMIT_MS = 300;
const WAIT_MS = 240_000;
/** Where the plugin's code runs from: its folder, or the copy that the host makes of it for each generation. */
const PLUGIN_URL = /(plugin-captures|extensions\/gossip)\/.*\.js$/;

/** What the plugin took of a start. */
interface StartShare {
  readonly cpuMs: number;
  readonly elapsedMs: number;
}

/**
 * Time of everything that the plugin runs or has run on the gateway's main thread, from the start of the process until
 * people can write to the bot: the samples of a CPU profile with a frame of the plugin in their stack. Deriving the keys
 * is not in it: it runs on another thread. A first start makes identity and databases, a later one opens them.
 *
 * The profiler samples by the wall clock, so waiting for a processor counts as well. The kernel says how much of its busy
 * time the thread really ran, and by that the CPU time is reckoned.
 */
export async function benchGatewayShare(): Promise<BenchResult[]> {
  const first: StartShare[] = [];
  const later: StartShare[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const folder = mkdtempSync(path.join(tmpdir(), "gossip-bench-"));
    try {
      await using network = await openGossipNetwork(folder);
      const host = await prepareHost({
        root: path.join(folder, "home"),
        model: { baseUrl: "http://127.0.0.1:9/v1", modelId: "none" },
        channels: { gossip: { enabled: true, protocolUrl: network.relayUrl } },
        plugins: { allow: ["gossip"], loadPaths: [PLUGIN] },
      });
      first.push(await measureStart(host, network, path.join(folder, "first")));
      later.push(await measureStart(host, network, path.join(folder, "later")));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return [
    ...report("plugin share of a first gateway start", first),
    ...report("plugin share of a later gateway start", later),
  ];
}

function report(name: string, shares: readonly StartShare[]): BenchResult[] {
  const cpuMs = median(shares.map((share) => share.cpuMs));
  const elapsedMs = median(shares.map((share) => share.elapsedMs));
  return [
    createFigure(`${name}, CPU`, "ms", cpuMs, LIMIT_MS),
    createFigure(`${name}, elapsed`, "ms", elapsedMs),
  ];
}

async function measureStart(
  host: Host,
  network: GossipNetwork,
  profiles: string,
): Promise<StartShare> {
  mkdirSync(profiles);
  const gateway = await startGateway(profiled(host, profiles), { readyTimeoutMs: WAIT_MS });
  await network.findBot(gateway, "default", WAIT_MS);
  // The clock of the profile.
  const untilUs = Number(process.hrtime.bigint() / 1000n);
  const cpuMs = readMainThreadMs(gateway.pid);
  await gateway.stop();
  const shares = readdirSync(profiles)
    .map((name) => readFileSync(path.join(profiles, name), "utf8"))
    .map((text) => ProfileSchema.parse(JSON.parse(text)))
    .filter(({ endTime, startTime }) => startTime < untilUs && untilUs < endTime)
    .map((profile) => sumShare(profile, (url) => PLUGIN_URL.test(url), untilUs));
  // Of the gateway's threads and helpers only one loads the plugin.
  const share = shares.toSorted((left, right) => right.ownMs - left.ownMs)[0];
  if (share === undefined || share.ownMs <= 0)
    throw new WrongResultError("gateway share: no sample of the plugin");
  return { cpuMs: share.ownMs * Math.min(1, cpuMs / share.busyMs), elapsedMs: share.ownMs };
}

/** Time that the main thread of a process has run on a processor: the first figure of its schedstat, in nanoseconds. */
function readMainThreadMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8");
  return Number(text.split(" ")[0]) / 1e6;
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
