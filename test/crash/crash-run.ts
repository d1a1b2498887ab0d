import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SeededRandom } from "../../scripts/fuzz/random.ts";
import { EchoPeer } from "./echo-peer.ts";
import type { EchoLine, EchoResult } from "./echo-peer.ts";
import { type KillPoints, planKill } from "./kill-points.ts";
import { Killer, type KillerDeps } from "./killer.ts";

/** Latest time of a kill at any time; long enough for a start and some messages. */
const TIME_WINDOW_MS = 3000;
/** After the last kill everything must come back within this time. */
const SETTLE_MS = 120_000;
/** A second copy of an echo gets this long to show after the first copies are all there. */
const DOUBLES_MS = 2000;
const LOG_EVERY = 10;

/** One channel's network, and the peer's end of it. */
export interface CrashWorld extends AsyncDisposable {
  /** The process to kill; it calls `serveEcho`. */
  readonly childFile: string;
  /** The child's identity. */
  readonly mnemonic: string;
  readonly networkUrl: string;
  readonly invite?: string;
  readonly points: KillPoints;
  readonly arm: KillerDeps["arm"];
  /** Starts the first child, and resolves when the line to it is open, or will be by itself. */
  meet(startChild: () => Promise<void>): Promise<void>;
  /** The peer's work, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  readonly line: EchoLine;
}

export interface CrashOptions {
  readonly kills: number;
  readonly seed: number;
  readonly createWorld: (folder: string) => Promise<CrashWorld>;
  readonly log?: (line: string) => void;
}

/** What a run of kills led to. */
export interface CrashReport extends EchoResult {
  readonly kills: number;
  readonly byPoint: Killer["byPoint"];
  readonly accidents: readonly string[];
  /** Of the last child: copies of its state that it believed to see, and what its stores still held. */
  readonly copiesSeen: number | undefined;
  readonly unhandled: number | undefined;
  readonly queueDepth: number | undefined;
  readonly elapsedMs: number;
}

/**
 * Kills the echo process again and again while a peer talks to it over a local network, then counts what came back.
 * Everything is real but the peer's people: sockets, files, SQLite, SIGKILL.
 */
export async function runCrashes(options: CrashOptions): Promise<CrashReport> {
  const { kills, seed, createWorld, log } = options;
  const startedAtMs = performance.now();
  const folder = mkdtempSync(path.join(tmpdir(), "crash-"));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
  const world = cleanup.use(await createWorld(folder));
  const { childFile: file, mnemonic, networkUrl, invite } = world;
  const killer = new Killer({
    child: { file, mnemonic, cacheDir: path.join(folder, "cache") },
    go: {
      networkUrl,
      stateDir: path.join(folder, "bot"),
      ...(invite !== undefined && { invite }),
    },
    arm: world.arm,
  });
  cleanup.defer(() => killer.dispose());

  const feeding = new AbortController();
  const ending = new AbortController();
  const peer = new EchoPeer(world.line);
  const running = world.run(ending.signal);
  await world.meet(() => killer.startUnharmed());
  const talking = peer.run(feeding.signal, ending.signal);
  await peer.echoed(1);
  await killer.killNow();

  const random = new SeededRandom(seed, "crash");
  // The first one died above.
  for (let index = 1; index < kills; index++) {
    await killer.runUntilKilled(planKill(index, random, TIME_WINDOW_MS, world.points));
    if (index % LOG_EVERY === 0) log?.(`${index} kills, ${peer.sent} messages`);
  }

  feeding.abort();
  await killer.startUnharmed();
  await Promise.race([peer.echoed(peer.sent), sleep(SETTLE_MS, undefined, { ref: false })]);
  await sleep(DOUBLES_MS);
  const stopped = await killer.stop();
  ending.abort();
  await Promise.all([running, talking]);
  return {
    ...peer.result(),
    kills,
    byPoint: killer.byPoint,
    accidents: killer.accidents,
    copiesSeen: stopped?.copiesSeen,
    unhandled: stopped?.unhandled,
    queueDepth: stopped?.queueDepth,
    elapsedMs: performance.now() - startedAtMs,
  };
}
