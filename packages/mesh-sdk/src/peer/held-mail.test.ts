import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { MeshError } from "../errors.ts";
import { HeldMail } from "./held-mail.ts";

const LATE_NEWS_MS = 1_000;
const MINUTE_MS = 60_000;

let stop = new AbortController();
let released: string[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  stop = new AbortController();
  released = [];
});

afterEach(() => {
  stop.abort();
  vi.useRealTimers();
});

/** A turn of the event loop, after which the next part of what is held may go. */
async function turn(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
  await new Promise<void>((next) => {
    setImmediate(next);
  });
}

/** Mail of a store with one message in each of some channels, and how its run ends. */
function start(heldBefore: readonly string[] = []) {
  const waiting = new Map<string, number>();
  const disk = { isFull: false };
  const store = {
    heldChannels: () => heldBefore,
    release: (channelId: string, doneToMs: number): number => {
      if (disk.isFull) throw new MeshError("state_unwritable", "store: full");
      const count = waiting.get(channelId) ?? 0;
      waiting.delete(channelId);
      if (count > 0) released.push(`${channelId} ${doneToMs}`);
      return count;
    },
  };
  for (const channelId of heldBefore) waiting.set(channelId, 1);
  const mail = new HeldMail({ store, answeredToMs: () => 5, onRelease: () => {} });
  const hold = (channelId: string): void => {
    waiting.set(channelId, 1);
    mail.noteHeld(channelId);
  };
  return { disk, mail, hold, ended: mail.run(stop.signal) };
}

it("holds what comes while a channel is read until the last reading has ended, and no other channel", async () => {
  const { hold, mail } = start();
  mail.noteReading("lobby", "begun");
  mail.noteReading("lobby", "begun");
  hold("lobby");
  hold("#dev");
  await vi.advanceTimersByTimeAsync(LATE_NEWS_MS);
  expect(released).toEqual(["#dev 5"]);
  await turn();
  expect([mail.isHolding("lobby"), mail.isHolding("#dev")]).toEqual([true, false]);
  mail.noteReading("lobby", "ended");
  await vi.advanceTimersByTimeAsync(LATE_NEWS_MS);
  expect(released).toEqual(["#dev 5"]);
  mail.noteReading("lobby", "ended");
  await vi.advanceTimersByTimeAsync(0);
  expect(released).toEqual(["#dev 5", "lobby 5"]);
  await turn();
  expect(mail.isHolding("lobby")).toBe(false);
});

it("is not kept waiting by a neighbor that never ends", async () => {
  const { hold, mail } = start();
  mail.noteReading("lobby", "begun");
  hold("lobby");
  await vi.advanceTimersByTimeAsync(MINUTE_MS - 1);
  expect(released).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(released).toEqual(["lobby 5"]);
});

it("gives out what an earlier run has held", async () => {
  start(["lobby"]);
  await vi.advanceTimersByTimeAsync(LATE_NEWS_MS);
  expect(released).toEqual(["lobby 5"]);
});

it("fails when the disk is full, and gives out the same when it runs again", async () => {
  const { disk, ended, hold, mail } = start();
  const failure = ended.catch((error: unknown) => error);
  disk.isFull = true;
  hold("lobby");
  await vi.advanceTimersByTimeAsync(LATE_NEWS_MS);
  expect(await failure).toMatchObject({ code: "state_unwritable" });
  disk.isFull = false;
  void mail.run(stop.signal);
  await vi.advanceTimersByTimeAsync(0);
  expect(released).toEqual(["lobby 5"]);
});
