import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeInvite, parseInviteText } from "convos-node-sdk";
import type { RunningLocalNode } from "xmtp-local-node";
import { ConvosCli } from "../../test/support/convos-cli.ts";
import { median, quantile } from "../measure.ts";
import { createFigure, createRecord, type BenchResult } from "../records.ts";
import type { Talker } from "./talker.ts";
import { assertOnce, startTraffic } from "./traffic.ts";

const CUTS = 3;
const CUT_MS = 8_000;
const RETURN_LIMIT_MS = 6_000;
/** The CLI's own pause before it tries again is a minute. */
const CLI_PATIENCE_MS = 75_000;

/** How long after the network's return the first message is there, in each conversation, and with the CLI beside it. */
export async function benchCut(
  node: RunningLocalNode,
  folder: string,
  progress: (line: string) => void,
): Promise<BenchResult[]> {
  await using traffic = await startTraffic(node.url, folder, progress);
  const { conversations, receipts, talker } = traffic;
  await using cli = await new ConvosCli(path.join(folder, "cli-traffic")).serve();
  const { slug } = parseInviteText(cli.inviteUrl);
  await talker.join(decodeInvite(slug).payload.creatorInboxId, cli.conversationId, slug);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let cut = 1; cut <= CUTS; cut += 1) {
    // The CLI looks back only if it has heard something since its start.
    await talker.send(cli.conversationId, `before cut ${cut}`);
    await cli.message(`before cut ${cut}`);
    await node.stop();
    await sleep(CUT_MS);
    await node.start();
    const returnedAtMs = performance.now();
    const text = `after cut ${cut}`;
    const heardByCli = cli.message(text, CLI_PATIENCE_MS).then(
      () => performance.now() - returnedAtMs,
      () => CLI_PATIENCE_MS,
    );
    await Promise.all([
      sendUntilTaken(talker, cli.conversationId, text),
      ...conversations.map(({ id }) => sendUntilTaken(talker, id, `${text} ${id}`)),
    ]);
    for (const { id } of conversations) {
      let atMs = receipts.firstAtMs(`${text} ${id}`);
      while (atMs === undefined && performance.now() - returnedAtMs < CLI_PATIENCE_MS) {
        await receipts.change(CLI_PATIENCE_MS);
        atMs = receipts.firstAtMs(`${text} ${id}`);
      }
      ours.push((atMs ?? Infinity) - returnedAtMs);
    }
    theirs.push(await heardByCli);
    progress(`cut ${cut}: ours ${median(ours).toFixed(0)} ms, CLI ${theirs.at(-1)?.toFixed(0)} ms`);
  }
  assertOnce(traffic);
  return [
    {
      record: createRecord({
        name: "convos-first-after-cut-p95",
        unit: "ms",
        value: quantile(ours, 0.95),
        baseline: quantile(theirs, 0.95),
      }),
      valueLimit: RETURN_LIMIT_MS,
    },
    createFigure("convos-first-after-cut-median", "ms", median(ours)),
  ];
}

/** A sender has to find its way back, too. */
async function sendUntilTaken(talker: Talker, conversation: string, text: string): Promise<void> {
  for (;;) {
    try {
      await talker.send(conversation, text);
      return;
    } catch {
      await sleep(100);
    }
  }
}
