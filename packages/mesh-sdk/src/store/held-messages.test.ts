import { afterEach, beforeEach, expect, it } from "vitest";
import { madeMessage, madeMessages, StoreFolder } from "../../test-support/made-messages.ts";
import { NOW_MS } from "../../test-support/people.ts";
import type { MeshStore, NewMessage } from "./port.ts";

let folder: StoreFolder;
let store: MeshStore;

beforeEach(() => {
  folder = new StoreFolder();
  store = folder.open();
});

afterEach(() => folder[Symbol.dispose]());

const held = (message: NewMessage): NewMessage => ({ ...message, forUs: true, isHeld: true });
const offered = (): string[] =>
  store.unhandledAfter(0, 10_000).map(({ message }) => message.messageId);

it("does not give out what is held, also after a restart, and then under numbers that no reader has passed", () => {
  store.add([held(madeMessage({ messageId: "early" })), held(madeMessage({ messageId: "late" }))]);
  store.add([madeMessage({ messageId: "at once", forUs: true })]);
  expect(offered()).toEqual(["at once"]);
  const passed = store.unhandledAfter(0, 1)[0]?.arrival ?? 0;
  store[Symbol.dispose]();
  store = folder.open();
  expect(offered()).toEqual(["at once"]);
  expect(store.countUnhandled()).toBe(3);
  expect(store.heldChannels()).toEqual(["lobby"]);
  expect(store.release("#dev", 0)).toBe(0);
  expect(store.release("lobby", 0)).toBe(2);
  expect(store.release("lobby", 0)).toBe(0);
  expect(store.unhandledAfter(passed, 9).map(({ message }) => message.messageId)).toEqual([
    "early",
    "late",
  ]);
  for (const { arrival } of store.unhandledAfter(0, 9)) store.markHandled(arrival);
  expect([offered(), store.countUnhandled(), store.heldChannels()]).toEqual([[], 0, []]);
});

it("counts as handled what is dated up to a time, however much it is", () => {
  const messages = madeMessages(2_500).map(held);
  store.add(messages);
  const doneToMs = messages[2_399]?.message.timestampMs ?? NOW_MS;
  const steps = [1, 2, 3, 4].map(() => store.release("lobby", doneToMs));
  expect(steps).toEqual([1_000, 1_000, 500, 0]);
  expect(offered()).toEqual(messages.slice(2_400).map(({ message }) => message.messageId));
  expect(store.countUnhandled()).toBe(100);
  expect(store.stats().messages).toBe(2_500);
});

it("gives out what nobody can prove at once: no answer of ours says anything of it", () => {
  store.add([held(madeMessage({ messageId: "unproven", verdict: "unverified" }))]);
  expect(offered()).toEqual(["unproven"]);
});
