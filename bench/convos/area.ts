import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type RunningLocalNode, startLocalNode } from "xmtp-local-node";
import { startConvosCliNode } from "../../test/support/convos-cli-node.ts";
import type { BenchResult } from "../records.ts";
import { benchBacklog } from "./backlog.ts";
import { benchCut } from "./cut.ts";
import { benchMemory } from "./memory.ts";
import { benchStream } from "./stream.ts";

type Progress = (line: string) => void;
type Area = (progress: Progress) => Promise<BenchResult[]>;

/** Memory of many conversations, and a start with them, with the unmodified CLI beside it in the same run. */
export const benchConvosMemory = createArea(startConvosCliNode, (node, folder, progress) =>
  benchMemory(node.url, folder, progress),
);

export const benchConvosCut = createArea(startConvosCliNode, benchCut);

export const benchConvosBacklog = createArea(startLocalNode, (node, folder, progress) =>
  benchBacklog(node.url, folder, progress),
);

export const benchConvosStream = createArea(startLocalNode, (node, folder, progress) =>
  benchStream(node.url, folder, progress),
);

/** Convos over a local node: all of them, one after the other. */
export async function benchConvos(progress: Progress): Promise<BenchResult[]> {
  return [
    ...(await benchConvosMemory(progress)),
    ...(await benchConvosCut(progress)),
    ...(await benchConvosBacklog(progress)),
    ...(await benchConvosStream(progress)),
  ];
}

/**
 * An area with a folder and a node of its own.
 *
 * @param startNode - On a free port, or on the one that the CLI knows.
 */
function createArea(
  startNode: (options: { db: string }) => Promise<RunningLocalNode>,
  bench: (node: RunningLocalNode, folder: string, progress: Progress) => Promise<BenchResult[]>,
): Area {
  return async (progress) => {
    await using stack = new AsyncDisposableStack();
    const folder = stack.adopt(await mkdtemp(path.join(tmpdir(), "convos-bench-")), (made) =>
      rm(made, { recursive: true, force: true }),
    );
    const node = stack.use(await startNode({ db: path.join(folder, "node.sqlite") }));
    return await bench(node, folder, progress);
  };
}
