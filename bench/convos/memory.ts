import path from "node:path";
import { ConvosCli } from "../../test/support/convos-cli.ts";
import type { ServedConversation } from "../../test/support/convos-cli-serve.ts";
import { createFigure, createRecord, type BenchResult } from "../records.ts";
import { MeasuredClient } from "./measured-client.ts";
import { type ProcessFigures, readProcessFigures } from "../process-figures.ts";

const CONVERSATIONS = [1, 10, 50, 100];
/** A new process takes over with so many, and its start is timed. */
const RESTART_AT = 50;
const CLI_PROCESSES = [1, 10];
const ADDED_LIMIT_MB = 2.5;
const RATIO_FLOOR = 60;

/** Memory of many conversations in one process, beside the CLI's one process for each. */
export async function benchMemory(
  nodeUrl: string,
  folder: string,
  progress: (line: string) => void,
): Promise<BenchResult[]> {
  const ours = await measureOurs(nodeUrl, folder, progress);
  const theirs = await measureCli(folder, progress);
  const [least, most] = [ours.figures.at(1), ours.figures.at(-1)];
  const [leastCount = 0, mostCount = 0] = [CONVERSATIONS.at(1), CONVERSATIONS.at(-1)];
  const addedMb = ((most?.pssMb ?? NaN) - (least?.pssMb ?? NaN)) / (mostCount - leastCount);
  const cliMb = (theirs.at(-1)?.pssMb ?? NaN) / (CLI_PROCESSES.at(-1) ?? NaN);
  return [
    ...describe("convos-memory", CONVERSATIONS, ours.figures),
    ...describe("convos-cli-memory", CLI_PROCESSES, theirs),
    {
      record: createRecord({
        name: "convos-memory-per-added-conversation",
        unit: "MB",
        value: addedMb,
        baseline: cliMb,
      }),
      floor: RATIO_FLOOR,
      valueLimit: ADDED_LIMIT_MB,
    },
    createFigure(`convos-start-to-ready-${RESTART_AT}`, "ms", ours.startMs),
  ];
}

async function measureOurs(
  nodeUrl: string,
  folder: string,
  progress: (line: string) => void,
): Promise<{ figures: ProcessFigures[]; startMs: number }> {
  await using client = new MeasuredClient(nodeUrl, path.join(folder, "memory"));
  const figures: ProcessFigures[] = [];
  let startMs = Number.NaN;
  await client.start();
  for (const count of CONVERSATIONS) {
    await client.grow(count);
    if (count === RESTART_AT) {
      await client.stop();
      startMs = await client.start();
    }
    figures.push(await client.figures());
    progress(`${count} conversations in one process: ${figures.at(-1)?.pssMb.toFixed(0)} MB`);
  }
  return { figures, startMs };
}

async function measureCli(
  folder: string,
  progress: (line: string) => void,
): Promise<ProcessFigures[]> {
  await using stack = new AsyncDisposableStack();
  const served: ServedConversation[] = [];
  const figures: ProcessFigures[] = [];
  for (const count of CLI_PROCESSES) {
    while (served.length < count) {
      const cli = new ConvosCli(path.join(folder, `cli-${served.length}`));
      served.push(stack.use(await cli.serve()));
    }
    figures.push(sum(served.map(({ pid }) => readProcessFigures(pid))));
    progress(`${count} convos agent serve: ${figures.at(-1)?.pssMb.toFixed(0)} MB`);
  }
  return figures;
}

function sum(figures: readonly ProcessFigures[]): ProcessFigures {
  const total = (pick: (one: ProcessFigures) => number): number =>
    figures.reduce((all, one) => all + pick(one), 0);
  return {
    pssMb: total(({ pssMb }) => pssMb),
    anonMb: total(({ anonMb }) => anonMb),
    rssMb: total(({ rssMb }) => rssMb),
    threads: total(({ threads }) => threads),
    descriptors: total(({ descriptors }) => descriptors),
  };
}

function describe(
  name: string,
  counts: readonly number[],
  figures: readonly ProcessFigures[],
): BenchResult[] {
  return figures.flatMap(({ pssMb, threads, descriptors }, index) => [
    createFigure(`${name}-${counts[index]}`, "MB", pssMb),
    createFigure(`${name}-${counts[index]}-threads`, "threads", threads),
    createFigure(`${name}-${counts[index]}-descriptors`, "descriptors", descriptors),
  ]);
}
