import { describe, expect, it } from "vitest";
import { runTasks } from "sdk-kit";
import { GossipError } from "../errors.ts";
import { backoffMs, relayBackoff, spreadMs } from "./backoff.ts";
import { Repeater } from "./repeater.ts";

const HOUR_MS = 3_600_000;
const UNREACHABLE = new GossipError("relay_unreachable", "test");

/** A repeater whose rounds a test can wait for. */
function counting(work: (round: number, signal: AbortSignal) => Promise<number>): {
  repeater: Repeater;
  rounds: () => number;
  reached: (count: number) => Promise<void>;
  failures: string[];
} {
  let rounds = 0;
  const failures: string[] = [];
  const waiting = new Map<number, () => void>();
  const repeater = new Repeater({
    random: () => 0.5,
    backoff: { firstMs: HOUR_MS, maxMs: HOUR_MS },
    onFailure: (error) => failures.push(error.code),
    work: (signal) => {
      rounds += 1;
      waiting.get(rounds)?.();
      return work(rounds, signal);
    },
  });
  const reached = (count: number): Promise<void> =>
    rounds >= count
      ? Promise.resolve()
      : new Promise((resolve) => {
          waiting.set(count, resolve);
        });
  return { repeater, rounds: () => rounds, reached, failures };
}

describe("a pause after errors", () => {
  it("doubles from a second to a minute, of which at most half is left to chance", () => {
    const pauses = [1, 2, 3, 7, 1000].map((failures) => [
      backoffMs(failures, 0, relayBackoff(1_000)),
      backoffMs(failures, 0.999_999, relayBackoff(1_000)),
    ]);
    expect(pauses).toEqual([
      [500, 1_000],
      [1_000, 2_000],
      [2_000, 4_000],
      [30_000, 60_000],
      [30_000, 60_000],
    ]);
  });

  it("does not touch regular intervals, which only spread by a fifth", () => {
    expect([spreadMs(1_000, 0), spreadMs(1_000, 0.999_999)]).toEqual([800, 1_200]);
  });
});

describe("repeated work", () => {
  it("goes on at once when it is rung for, also while it was at work", async () => {
    const stop = new AbortController();
    const { repeater, reached, rounds } = counting(async (round) => {
      if (round === 1) repeater.ring();
      return HOUR_MS;
    });
    const running = repeater.run(stop.signal);
    await reached(2);
    repeater.ring();
    await reached(3);
    stop.abort();
    await running;
    expect(rounds()).toBe(3);
  });

  it("is not hurried by news while the relay is down, but by waking up", async () => {
    const stop = new AbortController();
    const { repeater, rounds, reached, failures } = counting((round) => {
      repeater.ring();
      return round === 1 ? Promise.reject(UNREACHABLE) : Promise.resolve(HOUR_MS);
    });
    const running = repeater.run(stop.signal);
    await reached(1);
    await new Promise(setImmediate);
    repeater.ring();
    await new Promise(setImmediate);
    expect([rounds(), failures]).toEqual([1, ["relay_unreachable"]]);
    repeater.wake();
    await reached(2);
    stop.abort();
    await running;
  });

  it("gives up what hangs when it is woken or stopped", async () => {
    const stop = new AbortController();
    const { repeater, reached, failures } = counting(
      (_round, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        }),
    );
    const running = repeater.run(stop.signal);
    await reached(1);
    repeater.wake();
    await reached(2);
    stop.abort();
    await running;
    expect(failures).toEqual([]);
  });

  it.each([
    ["a bug", new TypeError("test")],
    ["a lost store", new GossipError("state_unreadable", "test")],
  ])("ends with %s", async (_name, error) => {
    const { repeater } = counting(() => Promise.reject(error));
    await expect(repeater.run(new AbortController().signal)).rejects.toBe(error);
  });

  it("does nothing at all when it was stopped before it began", async () => {
    const { repeater, rounds } = counting(() => Promise.resolve(0));
    await repeater.run(AbortSignal.abort());
    expect(rounds()).toBe(0);
  });
});

describe("tasks side by side", () => {
  it("are all ended and awaited when one fails, and the failure is the first one's", async () => {
    let ended = false;
    const patient = (signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => {
          setImmediate(() => {
            ended = true;
            resolve();
          });
        });
      });
    const running = runTasks(new AbortController().signal, [
      patient,
      () => Promise.reject(new Error("test: first")),
    ]);
    await expect(running).rejects.toThrow("test: first");
    expect(ended).toBe(true);
  });

  it("end without an error when they are told to, whatever they throw then", async () => {
    const stop = new AbortController();
    const running = runTasks(stop.signal, [
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("test: aborted")));
        }),
      () => Promise.resolve(),
    ]);
    stop.abort();
    await expect(running).resolves.toBeUndefined();
  });
});
