import { expect, it } from "vitest";
import { MAX_SUBSCRIBE_HOPS } from "../frame/limits.ts";
import { InterestTable, MAX_CHANNELS_PER_LINK } from "./interest-table.ts";

const heard = (hops: number, nowMs?: number) => ({ hops, nowMs });

it("tells neighbors what we want, as far as a wish may travel", () => {
  const table = new InterestTable();
  expect(table.setOwn(new Set(["lobby", "#dev"]))).toEqual(["lobby", "#dev"]);
  expect(table.hopsToTell("a", "lobby")).toBe(MAX_SUBSCRIBE_HOPS);
  expect(table.setOwn(new Set(["#dev", "#ops"]))).toEqual(["#ops", "lobby"]);
  expect(table.hopsToTell("a", "lobby")).toBeUndefined();
});

it("passes a wish on with a hop less, never back to where it came from", () => {
  const table = new InterestTable();
  expect(table.add("a", "#dev", heard(3))).toBe("changed");
  expect(table.hopsToTell("b", "#dev")).toBe(2);
  expect(table.hopsToTell("a", "#dev")).toBeUndefined();
  table.add("b", "#dev", heard(7));
  expect(table.hopsToTell("a", "#dev")).toBe(6);
  expect(table.hopsToTell("b", "#dev")).toBe(2);
  expect([...table.linksFor("#dev")]).toEqual(["a", "b"]);
});

it("lets a wish that has come far enough travel no further, and serves it all the same", () => {
  const table = new InterestTable();
  table.add("a", "#dev", heard(0));
  expect(table.hopsToTell("b", "#dev")).toBeUndefined();
  expect(table.wants("a", "#dev")).toBe(true);
});

it("takes a stranger's number of hops for no more than the bound", () => {
  const table = new InterestTable();
  table.add("a", "#dev", heard(1_000_000));
  expect(table.hopsToTell("b", "#dev")).toBe(MAX_SUBSCRIBE_HOPS - 1);
});

it("dies out in a circle of peers once the last who had the wish is gone", () => {
  // Three peers in a ring; "x" hung on the first. Each tells the next what its table says.
  const ring = [new InterestTable(), new InterestTable(), new InterestTable()] as const;
  ring[0].add("x", "#dev", heard(MAX_SUBSCRIBE_HOPS));
  const tellRound = (): void => {
    for (const [place, table] of ring.entries()) {
      const next = ring[(place + 1) % 3] ?? table;
      const hops = table.hopsToTell("next", "#dev");
      if (hops === undefined) next.remove("previous", "#dev");
      else next.add("previous", "#dev", heard(hops));
    }
  };
  tellRound();
  expect(ring.every((table) => table.channels().has("#dev"))).toBe(true);
  ring[0].removeLink("x");
  for (let round = 0; round < MAX_SUBSCRIBE_HOPS; round += 1) tellRound();
  expect(ring.some((table) => table.channels().has("#dev"))).toBe(false);
});

it("forgets wishes that are no longer repeated, and keeps those of a remote that never repeats itself", () => {
  const table = new InterestTable();
  table.add("ours", "#dev", heard(2, 1_000));
  table.add("reference", "#dev", heard(2));
  table.add("ours", "lobby", heard(2, 5_000));
  expect(table.expire(2_000)).toEqual(["#dev"]);
  expect([...table.linksFor("#dev")]).toEqual(["reference"]);
  expect(table.countFor("ours")).toBe(1);
});

it("bounds what one neighbor may ask for, and gives the room back", () => {
  const table = new InterestTable();
  for (let n = 0; n < MAX_CHANNELS_PER_LINK; n += 1) table.add("a", `c${n}`, heard(1));
  expect(table.add("a", "one more", heard(1))).toBe("full");
  expect(table.add("a", "c0", heard(1))).toBe("same");
  expect(table.add("b", "one more", heard(1))).toBe("changed");
  table.remove("a", "c0");
  expect(table.add("a", "one more", heard(1))).toBe("changed");
  expect(table.removeLink("a")).toHaveLength(MAX_CHANNELS_PER_LINK);
  expect(table.channels()).toEqual(new Set(["one more"]));
});

it("reads nothing from a neighbor that only the neighbor itself wants", () => {
  const table = new InterestTable();
  table.add("a", "#dev", heard(1));
  expect(table.isWorthReading("a", "#dev")).toBe(false);
  expect(table.isWorthReading("b", "#dev")).toBe(true);
});
