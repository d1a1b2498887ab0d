// `npm start`: the whole of it on this machine. Networks, model, OpenClaw gateway with the plugins linked, people.
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Gateway } from "channel-testing";
import { runChat } from "./start/chat.ts";
import type { ChannelShow } from "./start/channel-show.ts";
import { convosShow } from "./start/convos.ts";
import { gossipShow } from "./start/gossip.ts";
import { meshShow } from "./start/mesh.ts";
import { openShowModel } from "./start/model.ts";
import { HELP, parseStartOptions, UsageError } from "./start/options.ts";
import type { StartOptions } from "./start/options.ts";
import { openRunFolder } from "./start/run-folder.ts";
import { showChannels, type OpenChannel } from "./start/show.ts";
import { createStepRunner, Interrupted, StepError } from "./start/steps.ts";

const REPOSITORY = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const CHANNELS: readonly ChannelShow[] = [gossipShow, convosShow, meshShow];
/** Who writes to it in a terminal. */
const CHAT_CHANNEL = gossipShow.id;

/** One Ctrl-C arrives more than once: from the terminal, and from npm and pnpm, which pass it on. */
const IMPATIENT_MS = 2000;
/** How long something may keep the process from ending when everything is done. */
const LEFTOVER_MS = 3000;

/** @returns The exit code: 0 only if every step happened. */
async function main(): Promise<number> {
  const ending = new AbortController();
  endOnSignals(ending);
  try {
    const folder = path.join(REPOSITORY, ".start");
    const options = parseStartOptions(process.argv.slice(2), process.env, folder);
    if (options === undefined) {
      process.stdout.write(HELP);
      return 0;
    }
    const steps = await runAll(options, ending);
    console.log(`start: ${steps} steps ok`);
    return 0;
  } catch (error) {
    return explain(error);
  }
}

/** The first signal ends the run in order. A later one, of somebody who does not want to wait, ends it at once. */
function endOnSignals(ending: AbortController): void {
  let endingSinceMs = Number.POSITIVE_INFINITY;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(name, () => {
      if (performance.now() - endingSinceMs > IMPATIENT_MS) process.exit(1);
      if (ending.signal.aborted) return;
      endingSinceMs = performance.now();
      ending.abort(new Interrupted(name));
    });
}

function print(line: string): void {
  console.log(line);
}

async function runAll(options: StartOptions, ending: AbortController): Promise<number> {
  const { signal } = ending;
  const steps = createStepRunner({ print, now: () => performance.now(), signal });
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(openRunFolder(options.folder));

  const channels: OpenChannel[] = [];
  for (const channel of CHANNELS) {
    const network = await steps.run({
      title: channel.networkTitle,
      next: channel.networkCommand,
      run: async () => stack.use(await channel.openNetwork(folder.data)),
      detail: ({ url }) => url,
    });
    channels.push({ channel, network });
  }
  const model = await steps.run({
    title: "model",
    next: "npm start -- --help",
    run: async () => stack.use(await openShowModel(options.provider)),
    detail: ({ description }) => description,
  });
  const onGateway = (gateway: Gateway): void => {
    // Never rejects once the gateway runs, and ends with it.
    void endWith(gateway, stack, ending);
  };
  const ends = await showChannels({
    channels,
    model,
    folder,
    steps,
    print,
    onGateway,
    stack,
    signal,
  });
  const end = ends.get(CHAT_CHANNEL);

  if (end !== undefined && !options.script && process.stdin.isTTY && process.stdout.isTTY) {
    print("Write to the Gossip bot as this person. Ctrl-C ends.");
    await runChat({
      say: (text) => {
        model.expect(text);
        return end.say(text);
      },
      onText: (listener) => end.onText(listener),
      input: process.stdin,
      output: process.stdout,
      signal,
    });
    if (signal.aborted && !(signal.reason instanceof Interrupted)) throw signal.reason;
  }
  await steps.run({ title: "stop", next: "npm start", run: () => stack.disposeAsync() });
  return steps.count;
}

/** Ends the run when the gateway goes while it is still wanted. */
async function endWith(
  gateway: Gateway,
  stack: AsyncDisposableStack,
  ending: AbortController,
): Promise<void> {
  await gateway.exited;
  if (!stack.disposed) ending.abort(new Error("the gateway ended by itself"));
}

/** Says what went wrong and what to do. @returns The exit code. */
function explain(error: unknown): number {
  if (error instanceof Interrupted) {
    console.error(`start: ${error.message}`);
    return error.exitCode;
  }
  if (error instanceof StepError) {
    console.error(`start: step "${error.title}" failed: ${error.message}`);
    console.error(`next: ${error.next}`);
    return 1;
  }
  console.error(`start: ${error instanceof Error ? error.message : String(error)}`);
  console.error(error instanceof UsageError ? "next: npm start -- --help" : "next: npm test");
  return 1;
}

process.exitCode = await main();
// A signal in the middle of an opening can leave something open that nobody owns yet.
setTimeout(() => process.exit(), LEFTOVER_MS).unref();
