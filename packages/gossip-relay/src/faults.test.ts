import { describe, expect, it } from "vitest";
import { openBoardStore } from "./board-store.ts";
import { FaultSwitches } from "./faults.ts";

const createSwitches = (): FaultSwitches => {
  const store = openBoardStore(":memory:", () => 0);
  return new FaultSwitches(() => store);
};

describe("fault switches", () => {
  it("meet only the routes and bodies they are for, after the skipped ones, as often as asked", () => {
    const faults = createSwitches();
    const fault = faults.inject({
      kind: "drop",
      routes: ["messages_post"],
      match: (body) => body === "mine",
      skip: 1,
      times: 2,
    });
    const take = (body: string): boolean => faults.take("messages_post", body) !== undefined;
    expect(faults.take("auth", "mine")).toBeUndefined();
    expect(take("other")).toBe(false);
    expect([1, 2, 3, 4].map(() => take("mine"))).toEqual([false, true, true, false]);
    expect(fault.hits).toBe(2);
  });

  it("apply in the order injected, the next when the first is used up", () => {
    const faults = createSwitches();
    faults.inject({ kind: "drop", times: 1 });
    faults.inject({ kind: "reorder" });
    const kinds = [1, 2, 3].map(() => faults.take("bulletin_page", {})?.fault.kind);
    expect(kinds).toEqual(["drop", "reorder", "reorder"]);
  });

  it("tell when they were reached, also afterwards", async () => {
    const faults = createSwitches();
    const fault = faults.inject({ kind: "drop" });
    const reached = fault.reached(2);
    faults.take("auth", {});
    faults.take("auth", {});
    await expect(reached).resolves.toBeUndefined();
    await expect(fault.reached(1)).resolves.toBeUndefined();
  });

  it("are over when removed or cleared, and say so to those that wait", () => {
    const faults = createSwitches();
    faults.inject({ kind: "hang" });
    faults.clockOffsetMs = 5;
    const taken = faults.take("auth", {});
    faults.clear();
    expect(taken?.removed.aborted).toBe(true);
    expect(faults.take("auth", {})).toBeUndefined();
    expect(faults.clockOffsetMs).toBe(0);
  });
});
