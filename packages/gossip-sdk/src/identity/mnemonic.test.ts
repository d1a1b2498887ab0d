import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GossipError } from "../errors.ts";
import { generateMnemonic, normalizeMnemonic } from "./mnemonic.ts";

const WORDS = "legal winner thank year wave sausage worth useful legal winner thank yellow";

describe("mnemonics", () => {
  it("have 12 words unless told otherwise", () => {
    expect(generateMnemonic().split(" ")).toHaveLength(12);
  });

  it.each([12, 15, 18, 21, 24] as const)("of %d words are generated and accepted", (count) => {
    const mnemonic = generateMnemonic(count);
    expect(mnemonic.split(" ")).toHaveLength(count);
    expect(normalizeMnemonic(mnemonic)).toBe(mnemonic);
  });

  it("follow from the randomness alone", () => {
    expect(generateMnemonic(12, (length) => new Uint8Array(length))).toBe(
      `${"abandon ".repeat(11)}about`,
    );
  });

  it.each([
    ["spaces and line breaks", `  ${WORDS.replaceAll(" ", " \n\t ")}\n`],
    ["upper case", WORDS.toUpperCase()],
  ])("are normalized from %s", (_what, text) => {
    expect(normalizeMnemonic(text)).toBe(WORDS);
  });

  it.each([
    ["a wrong checksum", WORDS.replace("yellow", "thank")],
    ["a word that is not in the list", WORDS.replace("legal", "illegal")],
    ["eleven words", WORDS.split(" ").slice(1).join(" ")],
    ["three words that check out", "abandon abandon ability"],
    ["letters that only look like ASCII", WORDS.replace("legal", "ｌegal")],
    ["nothing", ""],
    ["a very long text", "legal ".repeat(10_000)],
  ])("with %s are refused, and not quoted", (_what, text) => {
    expect(() => normalizeMnemonic(text)).toThrow(
      expect.toSatisfy(
        (error: GossipError) =>
          error.code === "invalid_mnemonic" && !/legal|winner|abandon/u.test(error.message),
      ),
    );
  });

  it("of any text are refused with our error", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(() => normalizeMnemonic(text)).toThrow(GossipError);
      }),
    );
  });
});
