import type { BenchResult } from "../records.ts";
import { benchGatewayShare } from "./gateway-share.ts";
import { benchSetupEntry } from "./setup-entry.ts";

/** What the built plugin costs the host: at every command, and at the start of a gateway. */
export async function benchGossipPlugin(progress: (line: string) => void): Promise<BenchResult[]> {
  progress("import of the setup entry");
  const results = benchSetupEntry();
  progress("starts of a gateway, profiled");
  results.push(...(await benchGatewayShare()));
  return results;
}
