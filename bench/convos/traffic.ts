import path from "node:path";
import { WrongResultError } from "../measure.ts";
import { MeasuredClient } from "./measured-client.ts";
import type { BenchConversation } from "./orders.ts";
import { Receipts } from "./receipts.ts";
import { Talker } from "./talker.ts";

const CONVERSATIONS = 20;
const PROGRESS_EVERY = 5_000;
/** Longer than our client's own comparison with the network takes to find what a stream did not tell. */
export const SILENCE_MS = 90_000;

type Progress = (line: string) => void;

/** One client with many conversations, and somebody who writes into all of them. */
export interface Traffic extends AsyncDisposable {
  readonly talker: Talker;
  readonly client: MeasuredClient;
  readonly conversations: readonly BenchConversation[];
  readonly receipts: Receipts;
}

export async function startTraffic(
  nodeUrl: string,
  folder: string,
  progress: Progress,
): Promise<Traffic> {
  await using started = new AsyncDisposableStack();
  const talker = started.use(await Talker.start(nodeUrl));
  const client = started.use(new MeasuredClient(nodeUrl, path.join(folder, "traffic")));
  const receipts = new Receipts();
  await client.start(receipts.note);
  const conversations = await client.grow(CONVERSATIONS);
  for (const { id, inboxId } of conversations) {
    await talker.join(inboxId, id, await client.invite(id));
  }
  progress(`${CONVERSATIONS} conversations joined`);
  const stack = started.move();
  return {
    talker,
    client,
    conversations,
    receipts,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/**
 * Sends into all conversations at once, each in order.
 *
 * @param isFull - Whether to wait for the receiver.
 */
export async function sendMany(
  { conversations, receipts, talker }: Traffic,
  total: number,
  name: string,
  progress: Progress,
  isFull: (sent: number) => boolean = () => false,
): Promise<void> {
  const startedAtMs = performance.now();
  let sent = 0;
  await Promise.all(
    conversations.map(async ({ id }) => {
      while (sent < total) {
        const text = `${name} ${sent}`;
        sent += 1;
        if (sent % PROGRESS_EVERY === 0) {
          const seconds = (performance.now() - startedAtMs) / 1000;
          progress(
            `${sent} of ${total} ${name} messages on their way after ${seconds.toFixed(0)} s`,
          );
        }
        await talker.send(id, text);
        while (isFull(sent)) await receipts.change(SILENCE_MS);
      }
    }),
  );
}

/** @throws WrongResultError when a message came twice. */
export function assertOnce({ receipts }: Traffic): void {
  if (receipts.doubled > 0) throw new WrongResultError(`${receipts.doubled} messages came twice`);
}
