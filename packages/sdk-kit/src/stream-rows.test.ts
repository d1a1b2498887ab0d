import { expect, it } from "vitest";
import { streamRows } from "./stream-rows.ts";

/** A table in memory that says how it is asked. */
function table(length: number): {
  source: { after(id: number, limit: number): { id: number }[] };
  asked: [number, number][];
  add: () => void;
  subscribe: (onRows: () => void) => () => void;
  listeners: Set<() => void>;
} {
  const ids = Array.from({ length }, (_, index) => index + 1);
  const asked: [number, number][] = [];
  const listeners = new Set<() => void>();
  return {
    asked,
    listeners,
    source: {
      after(id, limit) {
        asked.push([id, limit]);
        return ids
          .filter((row) => row > id)
          .slice(0, limit)
          .map((row) => ({ id: row }));
      },
    },
    add() {
      ids.push(ids.length + 1);
      for (const listener of listeners) listener();
    },
    subscribe(onRows) {
      listeners.add(onRows);
      return () => listeners.delete(onRows);
    },
  };
}

const decode = ({ id }: { id: number }): number => id;

it("gives every row once, a few at a time, then the new ones, until the signal aborts", async () => {
  const { add, asked, listeners, source, subscribe } = table(70);
  const stop = new AbortController();
  const seen: number[] = [];
  for await (const id of streamRows(source, { decode, signal: stop.signal, subscribe })) {
    seen.push(id);
    // Comes while the consumer is at work, and while the last batch is read.
    if (id === 70) add();
    if (id === 71) setImmediate(add);
    if (id === 72) stop.abort();
  }
  expect(seen).toEqual(Array.from({ length: 72 }, (_, index) => index + 1));
  expect(new Set(asked.map(([, limit]) => limit))).toEqual(new Set([32]));
  expect(listeners.size).toBe(0);
});

it("stops listening when the consumer leaves, or when a row cannot be read", async () => {
  const { listeners, source, subscribe } = table(2);
  const { signal } = new AbortController();
  for await (const id of streamRows(source, { decode, signal, subscribe })) {
    expect(id).toBe(1);
    break;
  }
  expect(listeners.size).toBe(0);
  const failing = streamRows(source, {
    decode: () => {
      throw new RangeError("unreadable");
    },
    signal,
    subscribe,
  });
  await expect(failing.next()).rejects.toThrow(RangeError);
  expect(listeners.size).toBe(0);
});
