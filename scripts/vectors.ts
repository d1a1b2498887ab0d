import { readFile } from "node:fs/promises";
import { replayConvosVectors } from "../packages/convos-node-sdk/test-support/replay-convos-vectors.ts";
import { replayGossipVectors } from "../packages/gossip-sdk/test-support/replay-gossip-vectors.ts";
import { replayMeshVectors } from "../packages/mesh-sdk/test-support/replay-mesh-vectors.ts";

/** What a replay gives: how much was compared, and what did not match. */
interface Replay {
  readonly total: number;
  readonly mismatches: readonly string[];
  /** Parts of the file that nothing was compared of, and why. */
  readonly notes?: readonly string[];
}

const USAGE = "usage: npm run vectors -- <gossip|convos|mesh> <file>";
const MAX_SHOWN = 20;

const REPLAYS: Readonly<Record<string, ((file: unknown) => Replay | Promise<Replay>) | undefined>> =
  {
    convos: replayConvosVectors,
    gossip: replayGossipVectors,
    mesh: replayMeshVectors,
  };

process.exitCode = await main(process.argv.slice(2));

/** @returns 0 when everything matches, 1 on a mismatch or an unreadable file, 2 when it cannot be asked. */
async function main([protocol = "", path]: readonly string[]): Promise<number> {
  const replay = REPLAYS[protocol];
  if (replay === undefined || path === undefined) {
    console.log(USAGE);
    return 2;
  }
  let result: Replay;
  try {
    result = await replay(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    console.log(`vectors: ${path}: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  for (const note of result.notes ?? []) console.log(`note: ${note}`);
  for (const mismatch of result.mismatches.slice(0, MAX_SHOWN)) console.log(mismatch);
  const hidden = result.mismatches.length - MAX_SHOWN;
  if (hidden > 0) console.log(`… and ${hidden} more`);
  console.log(`${result.total} checks, ${result.mismatches.length} mismatches`);
  return result.total > 0 && result.mismatches.length === 0 ? 0 : 1;
}
