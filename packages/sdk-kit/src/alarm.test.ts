import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Alarm } from "./alarm.ts";

const HOUR_MS = 3_600_000;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Whether a sleep has ended by now. */
function watch(sleep: Promise<void>): () => Promise<boolean> {
  const ended = sleep.then(() => true);
  return () => Promise.race([ended, vi.advanceTimersByTimeAsync(0).then(() => false)]);
}

it("sleeps its time", async () => {
  const ended = watch(new Alarm().sleep(HOUR_MS, new AbortController().signal));
  await vi.advanceTimersByTimeAsync(HOUR_MS - 1);
  expect(await ended()).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(await ended()).toBe(true);
});

it("ends the sleep that is on when it rings, and leaves no timer behind", async () => {
  const alarm = new Alarm();
  const ended = watch(alarm.sleep(HOUR_MS, new AbortController().signal));
  alarm.ring();
  expect(await ended()).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

it("ends the next sleep at once when it rang before, and only that one", async () => {
  const alarm = new Alarm();
  alarm.ring();
  const { signal } = new AbortController();
  expect(await watch(alarm.sleep(HOUR_MS, signal))()).toBe(true);
  expect(await watch(alarm.sleep(HOUR_MS, signal))()).toBe(false);
});

it("forgets a ring on request", async () => {
  const alarm = new Alarm();
  alarm.ring();
  alarm.forget();
  expect(await watch(alarm.sleep(HOUR_MS, new AbortController().signal))()).toBe(false);
});

it("ends when the signal aborts, before or during the sleep, and stops listening", async () => {
  const alarm = new Alarm();
  const stop = new AbortController();
  const ended = watch(alarm.sleep(HOUR_MS, stop.signal));
  stop.abort();
  expect(await ended()).toBe(true);
  expect(await watch(alarm.sleep(HOUR_MS, stop.signal))()).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

it("takes a time below zero for none, and one that is too long for a timer for the longest", async () => {
  const { signal } = new AbortController();
  const short = watch(new Alarm().sleep(-5, signal));
  await vi.advanceTimersByTimeAsync(1);
  expect(await short()).toBe(true);
  const long = watch(new Alarm().sleep(2 ** 40, signal));
  await vi.advanceTimersByTimeAsync(HOUR_MS);
  expect(await long()).toBe(false);
});
