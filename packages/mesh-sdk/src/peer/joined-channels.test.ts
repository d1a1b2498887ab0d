import { expect, it } from "vitest";
import { HandClock } from "../../test-support/people.ts";
import { JoinedChannels } from "./joined-channels.ts";

const MINUTE_MS = 60_000;

function createNotes() {
  const notes = new Map<string, string>();
  return {
    readNote: (name: string) => notes.get(name),
    writeNote: (name: string, value: string) => void notes.set(name, value),
  };
}

it("knows what was said before it came, over restarts, and a clock that is a little late", () => {
  const [notes, clock] = [createNotes(), new HandClock()];
  const joinedAtMs = clock.now();
  const joined = new JoinedChannels(notes, clock);
  joined.set(new Set(["#dev"]));
  clock.nowMs += 60 * MINUTE_MS;
  const again = new JoinedChannels(notes, clock);
  again.set(new Set(["#dev", "lobby"]));
  expect(again.isSince("#dev", joinedAtMs - 3 * MINUTE_MS)).toBe(false);
  expect(again.isSince("#dev", joinedAtMs - MINUTE_MS)).toBe(true);
  expect(again.isSince("lobby", joinedAtMs + MINUTE_MS)).toBe(false);
  expect(again.isSince("lobby", clock.now())).toBe(true);
});

it("begins anew in a channel that it left", () => {
  const [notes, clock] = [createNotes(), new HandClock()];
  const joined = new JoinedChannels(notes, clock);
  joined.set(new Set(["#dev"]));
  joined.set(new Set());
  const awayAtMs = clock.now();
  clock.nowMs += 60 * MINUTE_MS;
  joined.set(new Set(["#dev"]));
  expect(joined.isSince("#dev", awayAtMs + MINUTE_MS)).toBe(false);
});

it("takes everything of other channels", () => {
  const joined = new JoinedChannels(createNotes(), new HandClock());
  expect(joined.isSince("dm1-x", 0)).toBe(true);
});
