import { bech32, bech32m } from "@scure/base";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatGossipTarget,
  parseGossipId,
  shortenGossipId,
  tryParseAllowEntry,
  tryParseListEntry,
  tryParseGossipId,
} from "./targets.ts";

function encode(bytes: Uint8Array, prefix = "gossip"): string {
  return bech32.encode(prefix, bech32.toWords(bytes));
}

const ID = encode(new Uint8Array(32).fill(7));

describe("a user id", () => {
  it.each([ID, ID.toUpperCase(), `gossip:${ID}`, `GOSSIP:${ID.toUpperCase()}`, ` ${ID}\n`])(
    "is the same person as %j",
    (text) => {
      expect(tryParseGossipId(text)).toBe(ID);
    },
  );

  it.each([
    ["mixed case", `G${ID.slice(1)}`],
    ["two prefixes", `gossip:gossip:${ID}`],
    ["a changed character", `${ID.slice(0, -1)}${ID.endsWith("q") ? "p" : "q"}`],
    ["31 bytes", encode(new Uint8Array(31))],
    ["33 bytes", encode(new Uint8Array(33))],
    ["another prefix", encode(new Uint8Array(32), "gossipx")],
    ["bech32m", bech32m.encode("gossip", bech32m.toWords(new Uint8Array(32)))],
    ["full-width letters", ID.replaceAll("g", "\uFF47")],
    ["a NUL", `${ID}\0`],
    ["an invite link", `gossip://invite/${ID}`],
    ["nothing", ""],
    ["a wildcard", "*"],
  ])("is not %s", (_what, text) => {
    expect(tryParseGossipId(text)).toBeUndefined();
    expect(() => parseGossipId(text)).toThrow(expect.objectContaining({ code: "invalid_target" }));
  });

  it("survives as a target and back, for every id", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const id = encode(bytes);
        expect(parseGossipId(formatGossipTarget(id))).toBe(id);
      }),
    );
  });

  it("is shown short where people read it", () => {
    expect(shortenGossipId(ID)).toMatch(/^gossip1.{5}….{4}$/);
  });
});

describe("an allowlist entry", () => {
  it("is a user id or the wildcard", () => {
    expect(tryParseAllowEntry(ID.toUpperCase())).toBe(ID);
    expect(tryParseAllowEntry(" * ")).toBe("*");
    expect(tryParseAllowEntry(42)).toBeUndefined();
    expect(tryParseAllowEntry("everyone")).toBeUndefined();
  });

  it("may stand for one of the host's access groups in a list", () => {
    const entries = ["accessGroup:crew", ID.toUpperCase(), "*", "everyone"];
    expect(entries.map((entry) => tryParseListEntry(entry))).toEqual([
      "accessGroup:crew",
      ID,
      "*",
      undefined,
    ]);
  });
});
