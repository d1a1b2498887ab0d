import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NodeStore } from "./node-store.ts";

const topic = Buffer.from("group");

describe("the message log", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "message-log-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Appends messages to the file, with a clock that stands at `nowNs`. @returns number and time of each. */
  function append(nowNs: bigint, ...contents: string[]): [bigint, bigint][] {
    using store = NodeStore.open(path.join(folder, "node.db"), () => nowNs);
    const given: [bigint, bigint][] = [];
    for (const content of contents) {
      const encode = (id: bigint, createdNs: bigint): Uint8Array => {
        given.push([id, createdNs]);
        return Buffer.from(content);
      };
      store.groupMessages.append({ topic, content: Buffer.from(content), encode });
    }
    return given;
  }

  it("gives each message a later number and a later time, also when the clock stands or goes back", () => {
    expect(append(100n, "a", "b", "c")).toEqual([
      [1n, 100n],
      [2n, 101n],
      [3n, 102n],
    ]);
    expect(append(50n, "d")).toEqual([[4n, 103n]]);
    expect(append(500n, "e")).toEqual([[5n, 500n]]);
  });

  it("keeps nothing of a transaction that fails", () => {
    using store = NodeStore.open(":memory:", () => 1n);
    const work = (): void => {
      store.groupMessages.append({ topic, content: topic, encode: () => topic });
      throw new Error("disk");
    };
    expect(() => store.transaction(work)).toThrow("disk");
    expect(store.counts().groupMessages).toBe(0);
    store.groupMessages.append({ topic, content: topic, encode: () => topic });
    expect(store.counts().groupMessages).toBe(1);
  });
});
