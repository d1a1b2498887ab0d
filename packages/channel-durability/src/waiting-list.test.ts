import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TemporaryStore } from "../test-support/temporary-store.ts";
import { openWaitingList } from "./waiting-list.ts";

const HOUR_MS = 60 * 60 * 1000;

let temporary: TemporaryStore;

beforeEach(() => {
  temporary = new TemporaryStore();
});
afterEach(() => {
  temporary[Symbol.dispose]();
});

describe("openWaitingList", () => {
  it("keeps who waits across a restart, under the same notice id", () => {
    const entry = openWaitingList({ store: temporary.store }).add("alice");
    expect(openWaitingList({ store: temporary.reopen() }).list()).toEqual([entry]);
  });

  it("starts the wait anew when a sender is added again", () => {
    const list = openWaitingList({ store: temporary.store });
    const first = list.add("alice");
    const second = list.add("alice");
    expect(second.noticeId).not.toBe(first.noticeId);
    expect(list.list()).toEqual([second]);
  });

  it("ends a wait once", () => {
    const list = openWaitingList({ store: temporary.store });
    list.add("alice");
    expect(list.endWait("alice")).toBe(true);
    expect(list.endWait("alice")).toBe(false);
    expect(list.list()).toEqual([]);
  });

  it("knows after the wait, and a restart, what arrived before all had been read", () => {
    const { clock } = temporary;
    const list = openWaitingList({ store: temporary.store });
    const askedAtMs = clock.nowMs;
    expect(list.wroteWhileWaiting("alice", askedAtMs)).toBe(false);
    list.add("alice");
    expect(list.wroteWhileWaiting("alice", askedAtMs + HOUR_MS)).toBe(true);
    clock.nowMs += HOUR_MS;
    list.markRead("alice");
    clock.nowMs += HOUR_MS;
    list.markRead("alice");
    list.endWait("alice");
    const reopened = openWaitingList({ store: temporary.reopen() });
    clock.nowMs += 29 * 24 * HOUR_MS;
    reopened.add("bob");
    const answers = [0, HOUR_MS, HOUR_MS + 1].map((afterMs) =>
      reopened.wroteWhileWaiting("alice", askedAtMs + afterMs),
    );
    expect(answers).toEqual([true, true, false]);
  });

  it("keeps nobody out for as long as a clock was ahead that was set back after the approval", () => {
    const { clock } = temporary;
    const list = openWaitingList({ store: temporary.store });
    const rightMs = clock.nowMs;
    clock.nowMs += 10 * HOUR_MS;
    list.add("alice");
    list.markRead("alice");
    list.endWait("alice");
    clock.nowMs = rightMs + HOUR_MS;
    expect(list.wroteWhileWaiting("alice", clock.nowMs)).toBe(false);
    // Of the time of the wait, by the clock that was ahead.
    expect(list.wroteWhileWaiting("alice", rightMs + 10 * HOUR_MS)).toBe(true);
  });

  it("withholds what arrived until the end when nobody marked the reading", () => {
    const { clock } = temporary;
    const list = openWaitingList({ store: temporary.store });
    list.add("alice");
    list.endWait("alice");
    expect(list.wroteWhileWaiting("alice", clock.nowMs)).toBe(true);
    expect(list.wroteWhileWaiting("alice", clock.nowMs + 1)).toBe(false);
  });

  it("withholds again when a sender has to ask again", () => {
    const { clock } = temporary;
    const list = openWaitingList({ store: temporary.store });
    list.add("alice");
    list.markRead("alice");
    list.endWait("alice");
    list.add("alice");
    expect(list.wroteWhileWaiting("alice", clock.nowMs + HOUR_MS)).toBe(true);
    expect(list.list()).toHaveLength(1);
  });

  it("forgets senders after a day", () => {
    const list = openWaitingList({ store: temporary.store });
    list.add("alice");
    temporary.clock.nowMs += 24 * HOUR_MS;
    expect(list.list()).toHaveLength(1);
    temporary.clock.nowMs += 1;
    expect(list.list()).toEqual([]);
    expect(list.wroteWhileWaiting("alice", temporary.clock.nowMs)).toBe(false);
    list.add("bob");
    expect(temporary.store.get("SELECT count(*) AS n FROM waiting")).toEqual({ n: 1 });
  });

  it("stays small under a flood, and keeps the newest", () => {
    const list = openWaitingList({ store: temporary.store });
    for (let index = 0; index < 150; index += 1) {
      temporary.clock.nowMs += 1;
      list.add(`sender ${index}`);
    }
    expect(list.list()).toHaveLength(100);
    expect(list.list().at(-1)).toMatchObject({ senderId: "sender 149" });
  });

  it("leaves out an entry that does not open", () => {
    const list = openWaitingList({ store: temporary.store });
    list.add("alice");
    list.add("bob");
    const tag = temporary.store.sealer.tag("waiting sender", "alice");
    temporary.store.write(() =>
      temporary.store.run("UPDATE waiting SET head = x'00' WHERE sender_tag = ?", tag),
    );
    expect(list.list()).toMatchObject([{ senderId: "bob" }]);
  });
});
