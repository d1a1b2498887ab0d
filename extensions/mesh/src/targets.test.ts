import { describe, expect, it } from "vitest";
import { peerIdOf } from "../test-support/facts.ts";
import { findTarget, parseTarget, tryParseAllowEntry, tryParseTarget } from "./targets.ts";

const ID = peerIdOf(1);
const ACCOUNT = { channels: ["lobby", "#Dev"] };

describe("a target", () => {
  it.each([
    [ID, { kind: "direct", id: ID }],
    [` mesh:${ID}\n`, { kind: "direct", id: ID }],
    ["mesh:#dev", { kind: "group", id: "#dev" }],
    ["lobby", { kind: "group", id: "lobby" }],
  ])("is %j", (text, target) => {
    expect(tryParseTarget(text)).toEqual(target);
    expect(parseTarget(text)).toEqual(target);
  });

  it.each([
    "",
    "mesh:",
    "two words",
    `dm:${ID}:${ID}`,
    "dm1-abc",
    "box1-abc",
    `${ID.slice(0, -1)}B`,
  ])("is not %j", (text) => {
    expect(tryParseTarget(text)).toBeUndefined();
    expect(() => parseTarget(text)).toThrow(/openclaw mesh channels/);
  });

  it("may be written to when it is a peer, or a channel of the account; its case is the account's", () => {
    expect(findTarget(ACCOUNT, `mesh:${ID}`)).toEqual({ kind: "direct", id: ID });
    expect(findTarget(ACCOUNT, "mesh:#dev")).toEqual({ kind: "group", id: "#Dev" });
    expect(findTarget(ACCOUNT, "mesh:Alice")).toBeUndefined();
  });

  it("of another case is another peer", () => {
    expect(tryParseAllowEntry(ID.toLowerCase())).not.toBe(ID);
    expect(tryParseAllowEntry(`mesh:${ID}`)).toBe(ID);
    expect([tryParseAllowEntry("*"), tryParseAllowEntry("lobby"), tryParseAllowEntry(7)]).toEqual([
      "*",
      undefined,
      undefined,
    ]);
  });
});
