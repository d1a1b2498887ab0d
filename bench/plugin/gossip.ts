import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Host,
  prepareHost,
  runOpenclaw,
  startGateway,
  startScriptedModel,
} from "channel-testing";
import { openGossipNetwork } from "../../scripts/start/gossip-network.ts";
import { createFigure, createRecord, type BenchResult } from "../records.ts";
import { benchEntryImports } from "./entry-import.ts";
import { IDLE_LIMIT_MS_PER_MINUTE, measureIdle } from "./idle-cost.ts";
import { measureShare, pluginFiles, reportShares, type StartShare } from "./gateway-share.ts";

const PLUGIN = fileURLToPath(new URL("../../extensions/gossip", import.meta.url));
const ROUNDS = 3;
const WAIT_MS = 240_000;

/** What the built Gossip plugin costs the host: at every command, at the start of a gateway, and while nobody writes. */
export async function benchGossipPlugin(progress: (line: string) => void): Promise<BenchResult[]> {
  progress("import of the entries");
  const results = benchEntryImports("gossip");
  progress("starts of a gateway, profiled");
  results.push(...(await benchStarts()));
  progress("two gateways are at rest for some minutes");
  results.push(...(await benchIdle()));
  return results;
}

/** An account that somebody has talked to, beside the host without the plugin. */
async function benchIdle(): Promise<BenchResult[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "gossip-bench-"));
  try {
    await using network = await openGossipNetwork(folder);
    await using model = await startScriptedModel({ reply: () => "an answer" });
    const person = await network.openPerson("pat");
    const prepare = async (name: string, enabled: boolean): Promise<Host> => {
      const host = await prepareHost({
        root: path.join(folder, name),
        model,
        channels: {
          gossip: {
            enabled,
            protocolUrl: network.relayUrl,
            dmPolicy: "allowlist",
            allowFrom: [person.id],
          },
        },
        plugins: { allow: ["gossip"], loadPaths: [PLUGIN] },
        config: { plugins: { entries: { gossip: { enabled } } } },
      });
      // A first start has more to do than the ones after it.
      await (await startGateway(host)).stop();
      return host;
    };
    const bareHost = await prepare("bare", false);
    await using bare = await startGateway(bareHost);
    await using gateway = await startGateway(await prepare("own", true));
    const botId = await network.findBot(gateway, "default", WAIT_MS);
    await person.say(botId, "hello");
    await person.hear(botId, (text) => text === "an answer", WAIT_MS);
    // A turn loads much of the host, so both have had one.
    await runOpenclaw(bareHost, ["agent", "--agent", "main", "--message", "hello"]);
    const [bareCost, ownCost] = await Promise.all([measureIdle(bare), measureIdle(gateway)]);
    return [
      {
        record: createRecord({
          name: "gateway idle CPU",
          unit: "ms/min",
          value: ownCost.cpuMsPerMinute,
          raw: bareCost.cpuMsPerMinute,
        }),
      },
      createFigure(
        "gossip share of idle CPU",
        "ms/min",
        ownCost.cpuMsPerMinute - bareCost.cpuMsPerMinute,
        IDLE_LIMIT_MS_PER_MINUTE,
      ),
      {
        record: createRecord({
          name: "gateway RSS",
          unit: "MB",
          value: ownCost.rssMb,
          raw: bareCost.rssMb,
        }),
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A first start makes identity and databases, a later one opens them. */
async function benchStarts(): Promise<BenchResult[]> {
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
      const measure = (name: string): Promise<StartShare> =>
        measureShare(host, {
          isOwn: pluginFiles("gossip"),
          whenReachable: (gateway) => network.findBot(gateway, "default", WAIT_MS),
          profiles: path.join(folder, name),
        });
      first.push(await measure("first"));
      later.push(await measure("later"));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return [
    ...reportShares("gossip share of a first gateway start", first),
    ...reportShares("gossip share of a later gateway start", later),
  ];
}
