import { setImmediate as nextTurn } from "node:timers/promises";
import type { SeededRandom } from "./random.ts";

/** An input that takes longer than this each time counts as a hang. */
const HANG_MS = 50;
/** Above this an input is fed again: it may have been the machine, a collection or the compiler that was slow. */
const DOUBTFUL_MS = 5;
const RETRIES = 3;
/** A hang is slow each time. What waits for threads of a busy machine is quick once in so many. */
const HANG_RETRIES = 12;
/** The first half compiles code, fills caches and sizes the allocator's pools; what grows after it is the parser's. */
const SETTLED_AFTER = 0.5;
/** Timers, finalizers and weak references settle between turns of the event loop only. */
const INPUTS_PER_TURN = 256;
const MAX_KEPT_FAILURES = 5;
const MAX_KEPT_CHARACTERS = 400;

/** One parser under attack. */
export interface FuzzTarget {
  readonly name: string;
  /** Makes one hostile input. */
  generate(random: SeededRandom): Uint8Array;
  /**
   * Hands the input to the parser.
   *
   * @returns What became of it. "forged" is an input that no honest party made and that was taken for genuine.
   * @throws Anything but the package's own error class is a crash; see {@link isRefusal}.
   */
  feed(input: Uint8Array): FuzzVerdict | Promise<FuzzVerdict>;
  /** True for the error that the parser's documentation promises for bad input. */
  isRefusal(error: unknown): boolean;
}

export type FuzzVerdict = "accepted" | "rejected" | "forged";

interface FuzzFailure {
  readonly kind: "crash" | "hang" | "forged";
  readonly index: number;
  readonly detail: string;
  /** The start of the input, base64. The whole follows from seed and index. */
  readonly input: string;
}

export interface FuzzReport {
  readonly name: string;
  readonly inputs: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly crashes: number;
  readonly hangs: number;
  readonly forged: number;
  readonly slowestMs: number;
  /** Of the resident set, over the second half of the inputs. */
  readonly rssGrowthMb: number;
  readonly failures: readonly FuzzFailure[];
}

/**
 * Feeds `inputs` hostile inputs to one parser.
 *
 * @param onInput - Told the index of each input before it is fed, so that a watcher outside this thread can name the
 *   input that never came back.
 */
export async function fuzz(
  target: FuzzTarget,
  inputs: number,
  random: SeededRandom,
  onInput: (index: number) => void = () => {},
): Promise<FuzzReport> {
  const counts = { accepted: 0, rejected: 0, forged: 0, crash: 0, hang: 0 };
  const failures: FuzzFailure[] = [];
  let slowestMs = 0;
  let settledRss = 0;

  const fail = (kind: FuzzFailure["kind"], index: number, input: Uint8Array, detail: string) => {
    if (failures.length >= MAX_KEPT_FAILURES) return;
    const text = Buffer.from(input).toString("base64").slice(0, MAX_KEPT_CHARACTERS);
    failures.push({ kind, index, detail, input: text });
  };

  for (let index = 0; index < inputs; index++) {
    if (index === Math.floor(inputs * SETTLED_AFTER)) settledRss = residentBytes();
    if (index % INPUTS_PER_TURN === 0) await nextTurn();
    onInput(index);
    const input = target.generate(random);
    // One after the other on purpose: a parser that holds state must see its inputs in order.
    const first = await feedOnce(target, input);
    counts[first.outcome] += 1;
    if (first.outcome === "crash" || first.outcome === "forged") {
      fail(first.outcome, index, input, first.detail);
    }
    let elapsedMs = first.elapsedMs;
    for (let i = 0; i < (elapsedMs > HANG_MS ? HANG_RETRIES : RETRIES); i++) {
      if (elapsedMs <= DOUBTFUL_MS) break;
      elapsedMs = Math.min(elapsedMs, (await feedOnce(target, input)).elapsedMs);
    }
    if (elapsedMs > HANG_MS) {
      counts.hang += 1;
      fail("hang", index, input, `${elapsedMs.toFixed(0)} ms`);
    }
    slowestMs = Math.max(slowestMs, elapsedMs);
  }
  return {
    name: target.name,
    inputs,
    accepted: counts.accepted,
    rejected: counts.rejected,
    crashes: counts.crash,
    hangs: counts.hang,
    forged: counts.forged,
    slowestMs,
    rssGrowthMb: (residentBytes() - settledRss) / 2 ** 20,
    failures,
  };
}

async function feedOnce(
  target: FuzzTarget,
  input: Uint8Array,
): Promise<{ outcome: FuzzVerdict | "crash"; elapsedMs: number; detail: string }> {
  const startedAtMs = performance.now();
  try {
    const outcome = await target.feed(input);
    return { outcome, elapsedMs: performance.now() - startedAtMs, detail: "" };
  } catch (error) {
    const elapsedMs = performance.now() - startedAtMs;
    if (target.isRefusal(error)) return { outcome: "rejected", elapsedMs, detail: "" };
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { outcome: "crash", elapsedMs, detail };
  }
}

function residentBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss;
}
