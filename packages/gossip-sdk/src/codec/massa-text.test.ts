import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GossipError } from "../errors.ts";
import { formatMassaText, parseMassaText } from "./massa-text.ts";

const KEY = new Uint8Array(32).fill(7);

describe("Massa key texts", () => {
  it("give the key back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
        expect(parseMassaText("S", formatMassaText("S", key))).toEqual(key);
      }),
    );
  });

  it("of one kind are not taken for the other", () => {
    expect(() => parseMassaText("S", formatMassaText("P", KEY))).toThrow(GossipError);
  });

  it("with one changed character are refused", () => {
    const text = formatMassaText("P", KEY);
    const at = fc.integer({ min: 1, max: text.length - 1 });
    const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0OIl";
    const letter = fc.constantFrom(...alphabet.split(""));
    fc.assert(
      fc.property(at, letter, (index, replacement) => {
        fc.pre(text[index] !== replacement);
        const changed = text.slice(0, index) + replacement + text.slice(index + 1);
        expect(() => parseMassaText("P", changed)).toThrow(GossipError);
      }),
    );
  });

  it("never quote a secret in the error", () => {
    const text = `${formatMassaText("S", KEY)}x`;
    expect(() => parseMassaText("S", text)).toThrow(
      expect.toSatisfy(
        (error: GossipError) =>
          !error.message.includes(text.slice(1, 20)) && error.cause === undefined,
      ),
    );
  });

  it.each(["", "P", "S1", "P".repeat(60), "Plé", "P 1"])("refuses %j", (text) => {
    expect(() => parseMassaText("P", text)).toThrow(GossipError);
  });
});
