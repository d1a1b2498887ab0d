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

  it("removes a sender once", () => {
    const list = openWaitingList({ store: temporary.store });
    list.add("alice");
    expect(list.remove("alice")).toBe(true);
    expect(list.remove("alice")).toBe(false);
    expect(list.list()).toEqual([]);
  });

  it("forgets senders after a day", () => {
    const list = openWaitingList({ store: temporary.store });
    list.add("alice");
    temporary.clock.nowMs += 24 * HOUR_MS;
    expect(list.list()).toHaveLength(1);
    temporary.clock.nowMs += 1;
    expect(list.list()).toEqual([]);
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
