import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { prepareHost } from "channel-testing";
import { openGossipNetwork } from "../../scripts/start/gossip-network.ts";
import type { BenchResult } from "../records.ts";
import { benchEntryImports } from "./entry-import.ts";
import { measureShare, pluginFiles, reportShares, type StartShare } from "./gateway-share.ts";

const PLUGIN = fileURLToPath(new URL("../../extensions/gossip", import.meta.url));
const ROUNDS = 3;
const WAIT_MS = 240_000;

/** What the built Gossip plugin costs the host: at every command, and at the start of a gateway. */
export async function benchGossipPlugin(progress: (line: string) => void): Promise<BenchResult[]> {
  progress("import of the entries");
  const results = benchEntryImports("gossip");
  progress("starts of a gateway, profiled");
  results.push(...(await benchStarts()));
  return results;
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
