import { describe, expect, it } from "vitest";
import { isMnemonicWord, suggestMnemonicWords } from "./mnemonic-words.ts";

describe("words of the list", () => {
  it("are known in any case and with space around", () => {
    expect(["abandon", " ZOO "].map(isMnemonicWord)).toEqual([true, true]);
    expect(["abadon", "", "constructor"].map(isMnemonicWord)).toEqual([false, false, false]);
  });

  it.each([
    ["abadon", "abandon"],
    ["abnadon", "abandon"],
    ["aban", "abandon"],
    ["zooo", "zoo"],
    ["recieve", "receive"],
  ])("for %s the first guess is %s", (typed, meant) => {
    expect(suggestMnemonicWords(typed)[0]).toBe(meant);
  });

  it("are not guessed from what is far from all of them", () => {
    expect(suggestMnemonicWords("qqqqqqqq")).toEqual([]);
    expect(suggestMnemonicWords("x")).toEqual([]);
  });

  it("come at most three at a time", () => {
    expect(suggestMnemonicWords("cat").length).toBeLessThanOrEqual(3);
  });
});
