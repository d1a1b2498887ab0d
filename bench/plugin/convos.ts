import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startGateway } from "channel-testing";
import type { Gateway, Host } from "channel-testing";
import { startXmtpNode } from "../../test/support/xmtp-node-process.ts";
import { growBot, prepareBareHost, prepareBotHost, whenConnected } from "../convos/bot-host.ts";
import { createFigure, createRecord, type BenchResult } from "../records.ts";
import { benchEntryImports } from "./entry-import.ts";
import { measureShare, pluginFiles, reportShares, type StartShare } from "./gateway-share.ts";
import { IDLE_LIMIT_MS_PER_MINUTE, measureIdle, type IdleCost } from "./idle-cost.ts";

type Progress = (line: string) => void;

const FEW = 1;
const MANY = 50;
const ROUNDS = 3;
const READY_TIMEOUT_MS = 240_000;
/** What a conversation may add to a process. */
const ADDED_LIMIT_MB = 2.5;

/** What the built Convos plugin costs the host: at every command, at the start of a gateway, and while nobody writes. */
export async function benchConvosPlugin(progress: Progress): Promise<BenchResult[]> {
  progress("import of the entries");
  const results = benchEntryImports("convos");
  const folder = mkdtempSync(path.join(tmpdir(), "convos-plugin-bench-"));
  try {
    await using node = await startXmtpNode("--port", "0", "--db", path.join(folder, "node.sqlite"));
    const few = await prepareBot(folder, node.url, FEW, progress);
    const many = await prepareBot(folder, node.url, MANY, progress);
    results.push(...(await benchStarts(folder, [few, many], progress)));
    results.push(...(await benchIdle(folder, few, many, progress)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return results;
}

/** A host with its conversations, which has run before. */
interface Bot {
  readonly host: Host;
  readonly conversations: number;
}

async function prepareBot(
  folder: string,
  nodeUrl: string,
  conversations: number,
  progress: Progress,
): Promise<Bot> {
  const home = path.join(folder, `bot-${conversations}`);
  mkdirSync(home);
  const host = await prepareBotHost({ folder: home, nodeUrl });
  await using gateway = await startGateway(host, { readyTimeoutMs: READY_TIMEOUT_MS });
  await growBot(gateway, conversations);
  // Later starts find it in the configuration.
  await gateway.log.waitFor("is the owner's from now on", { timeoutMs: READY_TIMEOUT_MS });
  progress(`conversations made: ${conversations}`);
  return { host, conversations };
}

async function benchStarts(
  folder: string,
  bots: readonly Bot[],
  progress: Progress,
): Promise<BenchResult[]> {
  const shares = bots.map((): StartShare[] => []);
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const [index, { conversations, host }] of bots.entries()) {
      const share = await measureShare(host, {
        isOwn: pluginFiles("convos"),
        whenReachable: (gateway) => whenConnected(gateway, conversations),
        profiles: path.join(folder, `profiles-${conversations}-${round}`),
      });
      shares[index]?.push(share);
      progress(`start ${round} of ${ROUNDS} with ${conversations}: ${share.cpuMs.toFixed(0)} ms`);
    }
  }
  return bots.flatMap(({ conversations }, index) =>
    reportShares(`convos share of a gateway start, ${conversations}`, shares[index] ?? []),
  );
}

/** Three gateways beside each other: without the plugin, with one conversation, and with many. */
async function benchIdle(
  folder: string,
  few: Bot,
  many: Bot,
  progress: Progress,
): Promise<BenchResult[]> {
  await using stack = new AsyncDisposableStack();
  mkdirSync(path.join(folder, "bare"));
  const bareHost = await prepareBareHost(path.join(folder, "bare"));
  const start = async (host: Host): Promise<Gateway> =>
    stack.use(await startGateway(host, { readyTimeoutMs: READY_TIMEOUT_MS }));
  // A first start has more to do than the ones after it.
  await (await startGateway(bareHost, { readyTimeoutMs: READY_TIMEOUT_MS })).stop();
  const gateways = {
    bare: await start(bareHost),
    few: await start(few.host),
    many: await start(many.host),
  };
  const readyAtMs = performance.now();
  await whenConnected(gateways.few, few.conversations);
  await whenConnected(gateways.many, many.conversations);
  const connectedMs = performance.now() - readyAtMs;
  progress("three gateways are at rest for some minutes");
  const [bareCost, fewCost, manyCost] = await Promise.all([
    measureIdle(gateways.bare),
    measureIdle(gateways.few),
    measureIdle(gateways.many),
  ]);
  const costs = { bare: bareCost, few: fewCost, many: manyCost };
  const addedMb = (costs.many.rssMb - costs.few.rssMb) / (many.conversations - few.conversations);
  return [
    createFigure(`convos ready to connected, ${many.conversations}`, "ms", connectedMs),
    ...describeBeside("gateway RSS", "MB", costs, ({ rssMb }) => rssMb),
    createFigure("convos RSS per added conversation", "MB", addedMb, ADDED_LIMIT_MB),
    ...describeBeside("gateway threads", "threads", costs, ({ threads }) => threads),
    ...describeBeside("gateway descriptors", "files", costs, ({ descriptors }) => descriptors),
    ...describeBeside("gateway idle CPU", "ms/min", costs, ({ cpuMsPerMinute }) => cpuMsPerMinute),
    createFigure(
      `convos share of idle CPU, ${many.conversations}`,
      "ms/min",
      costs.many.cpuMsPerMinute - costs.bare.cpuMsPerMinute,
      IDLE_LIMIT_MS_PER_MINUTE,
    ),
  ];
}

/** With few and with many conversations, each beside the host without the plugin. */
function describeBeside(
  name: string,
  unit: string,
  costs: Readonly<Record<"bare" | "few" | "many", IdleCost>>,
  pick: (cost: IdleCost) => number,
): BenchResult[] {
  return [[FEW, costs.few] as const, [MANY, costs.many] as const].map(([conversations, cost]) => ({
    record: createRecord({
      name: `${name}, ${conversations} conversations`,
      unit,
      value: pick(cost),
      raw: pick(costs.bare),
    }),
  }));
}
