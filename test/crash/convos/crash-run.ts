import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  ConvosClient,
  generateMnemonic,
  rootFromMnemonic,
} from "../../../packages/convos-node-sdk/src/index.ts";
import { startLocalNode } from "../../../packages/xmtp-local-node/src/index.ts";
import { SeededRandom } from "../../../scripts/fuzz/random.ts";
import { EchoProcess } from "./echo-process.ts";
import { CONVOS_POINTS, type Order } from "./wire.ts";

/** Messages under way at most; more would only wait for the next child. */
const WINDOW = 12;
const PAUSE_MS = 20;
/** Latest time of a kill at any time; long enough for a start and some messages. */
const TIME_WINDOW_MS = 1_500;
/** A child whose point was not passed by then is killed where it is. */
const PATIENCE_MS = 5_000;
/** The kill at a named point comes at one of its first passes. */
const MAX_OCCURRENCE = 4;
const FILE_EVERY = 10;
/** After the last kill everything must come back within this time; then second copies get a moment to show. */
const SETTLE_MS = 60_000;
const DOUBLES_MS = 1_500;

export interface ConvosCrashReport {
  readonly kills: number;
  readonly sent: number;
  /** Numbers whose echo, text or file, never came or came twice. */
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  /** Children that ended otherwise than by SIGKILL, and failures that they reported. */
  readonly accidents: readonly string[];
  readonly unhandled: number | undefined;
  readonly queueDepth: number | undefined;
  readonly elapsedMs: number;
}

/**
 * Kills the echo process again and again while a peer talks to it through a node, then counts what came back. Everything
 * is real: XMTP's own library on both sides, sockets, files, SQLite, SIGKILL.
 */
export async function runConvosCrashes(options: {
  readonly kills: number;
  readonly seed: number;
  readonly log?: (line: string) => void;
}): Promise<ConvosCrashReport> {
  const startedAtMs = performance.now();
  const folder = mkdtempSync(path.join(tmpdir(), "convos-crash-"));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
  const node = cleanup.use(await startLocalNode());
  const client = cleanup.use(
    await ConvosClient.open({
      folder: path.join(folder, "peer"),
      root: rootFromMnemonic(generateMnemonic()),
      env: "local",
      apiUrl: node.url,
    }),
  );
  const ending = new AbortController();
  const feeding = new AbortController();
  const running = client.run({ signal: ending.signal });
  const conversation = await client.createConversation();
  const { slug } = await client.createInvite(conversation.id);

  const mnemonic = generateMnemonic();
  const load = (): EchoProcess => new EchoProcess(mnemonic, path.join(folder, "cache"));
  let next = load();
  cleanup.defer(async () => {
    next.kill();
    await next.ended;
  });
  const accidents: string[] = [];
  const start = async (killAt?: Extract<Order, { kind: "go" }>["killAt"]): Promise<EchoProcess> => {
    const child = next;
    await child.loaded;
    const stateDir = path.join(folder, "bot");
    child.order({
      kind: "go",
      nodeUrl: node.url,
      stateDir,
      invite: slug,
      ...(killAt && { killAt }),
    });
    // Loading the code takes longer than most children live: the next one does so while this one runs.
    next = load();
    return child;
  };
  const note = async (child: EchoProcess): Promise<void> => {
    const end = await child.ended;
    if (end !== "SIGKILL") accidents.push(`ended by ${end}`);
    accidents.push(...child.errors);
  };

  const talk = new Talk(client, conversation.id);
  const talking = talk.run(feeding.signal, ending.signal);
  const first = await start();
  await talk.echoed(1);
  first.kill();
  await note(first);
  const random = new SeededRandom(options.seed, "convos crash");
  for (let index = 1; index < options.kills; index += 1) {
    const point = CONVOS_POINTS[((index - 1) / 2) % CONVOS_POINTS.length];
    const killAt =
      index % 2 === 1 && point !== undefined
        ? { point, occurrence: 1 + random.below(MAX_OCCURRENCE) }
        : undefined;
    const child = await start(killAt);
    const patienceMs = killAt === undefined ? random.below(TIME_WINDOW_MS) : PATIENCE_MS;
    const ended = await Promise.race([child.ended, sleep(patienceMs, undefined)]);
    if (ended === undefined) child.kill();
    await note(child);
    if (index % 10 === 0) options.log?.(`${index} kills, ${talk.sent} messages`);
  }

  feeding.abort();
  const last = await start();
  await Promise.race([talk.allEchoed(), sleep(SETTLE_MS, undefined, { ref: false })]);
  await sleep(DOUBLES_MS);
  last.order({ kind: "stop" });
  const end = await last.ended;
  if (end !== 0) accidents.push(`stopping: ended by ${end}`);
  accidents.push(...last.errors);
  ending.abort();
  await Promise.all([running, talking]);
  return {
    ...talk.result(),
    kills: options.kills,
    accidents,
    unhandled: last.stopped?.unhandled,
    queueDepth: last.stopped?.queueDepth,
    elapsedMs: performance.now() - startedAtMs,
  };
}

/** The counterpart of the child: sends numbers, and counts how often each comes back. */
class Talk {
  readonly #client: ConvosClient;
  readonly #conversation: string;
  readonly #echoes = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  #sent = 0;

  constructor(client: ConvosClient, conversation: string) {
    this.#client = client;
    this.#conversation = conversation;
  }

  get sent(): number {
    return this.#sent;
  }

  async run(feeding: AbortSignal, signal: AbortSignal): Promise<void> {
    await Promise.all([this.#feed(AbortSignal.any([feeding, signal])), this.#count(signal)]);
  }

  /** Resolves when so many different echoes have come back. */
  async echoed(count: number): Promise<void> {
    while (this.#echoes.size < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      await promise;
    }
  }

  allEchoed(): Promise<void> {
    return this.echoed(this.#expected().length);
  }

  result(): Pick<ConvosCrashReport, "sent" | "lost" | "doubled"> {
    const expected = this.#expected();
    return {
      sent: this.#sent,
      lost: expected.filter((echo) => !this.#echoes.has(echo)),
      doubled: [...this.#echoes].filter(([, times]) => times > 1).map(([echo]) => echo),
    };
  }

  #expected(): string[] {
    return Array.from({ length: this.#sent }, (_, index) =>
      index % FILE_EVERY === 0 ? [String(index), `${index}.txt`] : [String(index)],
    ).flat();
  }

  /** Nobody is there to hear before the child has joined. */
  async #feed(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isJoined = (this.#client.conversations()[0]?.memberCount ?? 0) > 1;
      if (isJoined && this.#sent - this.#echoes.size < WINDOW) {
        const text = String(this.#sent);
        await this.#client.send(this.#conversation, { type: "text", text }, { key: text });
        this.#sent += 1;
      }
      // A steady stream, so that every moment of the child's life has messages in it.
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #count(signal: AbortSignal): Promise<void> {
    for await (const event of this.#client.events({ signal })) {
      if (event.type === "message") this.#note(event.text);
      if (event.type === "attachment") this.#note(event.filename ?? "");
      this.#client.markHandled(event.id);
    }
  }

  #note(echo: string): void {
    this.#echoes.set(echo, (this.#echoes.get(echo) ?? 0) + 1);
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
