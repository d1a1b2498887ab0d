import { expect, it } from "vitest";
import { HandClock } from "../../test-support/people.ts";
import { refusalOf } from "../../test-support/refusal.ts";
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

it("begins anew in a channel that was taken out of the configuration, and put back weeks later", () => {
  const [notes, clock] = [createNotes(), new HandClock()];
  const start = (...ids: readonly string[]): JoinedChannels => {
    const joined = new JoinedChannels(notes, clock);
    joined.set(new Set(ids));
    clock.nowMs += 10 * 24 * 60 * MINUTE_MS;
    return joined;
  };
  const joinedAtMs = clock.now();
  start("lobby", "#dev");
  start("lobby");
  const joined = start("lobby", "#dev");
  const backAtMs = clock.now() - 10 * 24 * 60 * MINUTE_MS;
  expect(joined.isSince("#dev", backAtMs - 3 * MINUTE_MS)).toBe(false);
  expect(joined.isSince("#dev", backAtMs)).toBe(true);
  expect(joined.isSince("lobby", joinedAtMs)).toBe(true);
});

it("takes over what an older version of this program noted, once", () => {
  const [notes, clock] = [createNotes(), new HandClock()];
  const joinedAtMs = clock.now();
  for (const id of ["lobby", "#dev"]) notes.writeNote(`joined:${id}`, String(joinedAtMs));
  clock.nowMs += 60 * MINUTE_MS;
  const first = new JoinedChannels(notes, clock);
  first.set(new Set(["lobby"]));
  expect(first.isSince("lobby", joinedAtMs)).toBe(true);
  const second = new JoinedChannels(notes, clock);
  second.set(new Set(["lobby", "#dev"]));
  expect(second.isSince("lobby", joinedAtMs)).toBe(true);
  expect(second.isSince("#dev", joinedAtMs)).toBe(false);
});

it("reads no note that is none", () => {
  const notes = createNotes();
  for (const text of ["", "{", '{"lobby":1}', '[["lobby"]]']) {
    notes.writeNote("joined", text);
    const joined = new JoinedChannels(notes, new HandClock());
    expect(refusalOf(() => joined.set(new Set(["lobby"])))).toBe("state_unreadable");
  }
});

it("takes everything of other channels", () => {
  const joined = new JoinedChannels(createNotes(), new HandClock());
  expect(joined.isSince("dm1-x", 0)).toBe(true);
});
