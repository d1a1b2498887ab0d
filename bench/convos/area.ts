import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startConvosCliNode } from "../../test/support/convos-cli-node.ts";
import type { BenchResult } from "../records.ts";
import { benchMemory } from "./memory.ts";
import { benchTraffic } from "./traffic.ts";

/** Convos over a local node, with the unmodified CLI beside it in the same run. */
export async function benchConvos(progress: (line: string) => void): Promise<BenchResult[]> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.adopt(await mkdtemp(path.join(tmpdir(), "convos-bench-")), (made) =>
    rm(made, { recursive: true, force: true }),
  );
  const node = stack.use(await startConvosCliNode({ db: path.join(folder, "node.sqlite") }));
  return [
    ...(await benchMemory(node.url, folder, progress)),
    ...(await benchTraffic(node, folder, progress)),
  ];
}
