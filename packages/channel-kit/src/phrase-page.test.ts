import { describe, expect, it } from "vitest";
import { scriptScreen } from "../../../test/support/scripted-screen.ts";
import { layOutPages, showAndConfirmPhrase } from "./phrase-page.ts";

const LIST = Array.from({ length: 12 }, (_, index) => `word${String.fromCodePoint(97 + index)}`);
const WORDS = LIST.join(" ");
const RIGHT = ["wordc", " WORDG ", "wordk"];

describe("new recovery words", () => {
  it("are shown once, numbered, and confirmed by words 3, 7 and 11", async () => {
    const { screen, shown, asked } = scriptScreen(["", ...RIGHT]);
    expect(await showAndConfirmPhrase(screen, WORDS)).toBe("confirmed");
    expect(shown[0]).toContain(" 1. worda");
    expect(shown[0]).toContain("12. wordl");
    expect(shown[1]).not.toContain("worda");
    expect(asked.map(({ prompt }) => prompt).slice(1)).toEqual(["Word 3:", "Word 7:", "Word 11:"]);
  });

  it("are asked for again after a slip", async () => {
    const { screen, shown } = scriptScreen(["", "wordx", "", ...RIGHT]);
    expect(await showAndConfirmPhrase(screen, WORDS)).toBe("confirmed");
    expect(shown.length).toBe(2);
  });

  it("are shown again on request", async () => {
    const { screen, shown } = scriptScreen(["", "", "w", "", ...RIGHT]);
    expect(await showAndConfirmPhrase(screen, WORDS)).toBe("confirmed");
    expect(shown.filter((page) => page.includes("worda")).length).toBe(2);
  });

  it.each([
    ["skipped", ["", "", "s"]],
    ["cancelled", []],
    ["cancelled", ["", "wordc"]],
  ])("end as %s after %j", async (outcome, lines) => {
    expect(await showAndConfirmPhrase(scriptScreen(lines).screen, WORDS)).toBe(outcome);
  });

  it("come one below the other in plain mode", async () => {
    const { screen, shown } = scriptScreen(["", ...RIGHT], { plain: true });
    await showAndConfirmPhrase(screen, WORDS);
    expect(shown[0]).toContain("1. worda\n2. wordb\n3. wordc");
  });

  it("all fit into the window, on several pages when it is small", () => {
    const words = Array.from({ length: 24 }, () => "abcdefgh");
    const small = { columns: 30, rows: 12 };
    const pages = layOutPages(words, small);
    expect(
      pages
        .flat()
        .join(" ")
        .match(/abcdefgh/g)?.length,
    ).toBe(24);
    expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(4);
    expect(Math.max(...pages.flat().map((line) => line.length))).toBeLessThanOrEqual(30);
  });
});
