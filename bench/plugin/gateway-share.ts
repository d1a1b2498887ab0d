import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { startGateway } from "channel-testing";
import type { Gateway, Host } from "channel-testing";
import { median, WrongResultError } from "../measure.ts";
import { readThreadTimes } from "../process-figures.ts";
import { createFigure, type BenchResult } from "../records.ts";
import { ProfileSchema, sumShare } from "./profile-share.ts";

const LIMIT_MS = 300;
const READY_TIMEOUT_MS = 240_000;

/** What the plugin took of a start. */
export interface StartShare {
  readonly cpuMs: number;
  readonly elapsedMs: number;
}

export interface ShareOptions {
  /** Whether a file is the plugin's; the host runs a copy of it, see {@link pluginFiles}. */
  readonly isOwn: (url: string) => boolean;
  /** Resolves when people can write to the bot. */
  readonly whenReachable: (gateway: Gateway) => Promise<unknown>;
  /** Where the profiles are written; made here. */
  readonly profiles: string;
}

/** The files of a plugin: in its folder, and in the copy that the host makes of it for each generation. */
export function pluginFiles(id: string): (url: string) => boolean {
  const pattern = new RegExp(String.raw`(plugin-captures|extensions/${id})/.*\.js$`);
  return (url) => pattern.test(url);
}

/**
 * Time of everything that the plugin runs or has run on the gateway's main thread, from the start of the process until
 * people can write to the bot: the samples of a CPU profile with a frame of the plugin in their stack. What runs on another
 * thread, such as deriving keys, is not in it.
 *
 * The profiler samples by the wall clock, so waiting for a processor counts as well. The kernel says how much of its busy
 * time the thread really ran, and by that the CPU time is reckoned.
 *
 * @throws WrongResultError when the plugin did not run at all.
 */
export async function measureShare(host: Host, options: ShareOptions): Promise<StartShare> {
  const { isOwn, profiles, whenReachable } = options;
  mkdirSync(profiles);
  const gateway = await startGateway(profiled(host, profiles), {
    readyTimeoutMs: READY_TIMEOUT_MS,
  });
  await whenReachable(gateway);
  // The clock of the profile.
  const untilUs = Number(process.hrtime.bigint() / 1000n);
  const cpuMs = readThreadTimes(gateway.pid).get(gateway.pid) ?? Number.NaN;
  await gateway.stop();
  const shares = readdirSync(profiles)
    .map((name) => readFileSync(path.join(profiles, name), "utf8"))
    .map((text) => ProfileSchema.parse(JSON.parse(text)))
    .filter(({ endTime, startTime }) => startTime < untilUs && untilUs < endTime)
    .map((profile) => sumShare(profile, isOwn, untilUs));
  // Of the gateway's threads and helpers only one loads the plugin.
  const share = shares.toSorted((left, right) => right.ownMs - left.ownMs)[0];
  if (share === undefined || share.ownMs <= 0)
    throw new WrongResultError("gateway share: no sample of the plugin");
  return { cpuMs: share.ownMs * Math.min(1, cpuMs / share.busyMs), elapsedMs: share.ownMs };
}

/** The middle of some starts. */
export function reportShares(name: string, shares: readonly StartShare[]): BenchResult[] {
  const cpuMs = median(shares.map((share) => share.cpuMs));
  const elapsedMs = median(shares.map((share) => share.elapsedMs));
  return [
    createFigure(`${name}, CPU`, "ms", cpuMs, LIMIT_MS),
    createFigure(`${name}, elapsed`, "ms", elapsedMs),
  ];
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
