import { describe, expect, it } from "vitest";
import { splitText, toPlainText } from "./plain-text.ts";

const MAX_BYTES = 512 * 1024;
const limits = { maxPieceBytes: MAX_BYTES - 12_000 };

describe("plain text", () => {
  it.each([
    ["**bold** _it_ ~~no~~", "bold it no"],
    ["## Title", "Title"],
    ["[a](https://example.org/x_y)", "a (https://example.org/x_y)"],
    ["`a*b*c`", "a*b*c"],
    ["```\n| not | a table |\n# not a title\n```", "| not | a table |\n# not a title"],
    ["| City | Sky |\n|---|---|\n| Paris | rain |", "Paris\n• Sky: rain"],
    ["snake_case and __init__", "snake_case and init"],
  ])("of %j is %j", (markdown, plain) => {
    expect(toPlainText(markdown)).toBe(plain);
  });

  it("of a long text is that of its paragraphs, with code in one piece", () => {
    const prose = Array.from({ length: 2000 }, (_, index) => `**line** ${index}`);
    const code = Array.from({ length: 500 }, (_, index) => `# ${index} *kept*\n`).join("\n");
    const plain = toPlainText([...prose, `\`\`\`\n${code}\`\`\``, ...prose].join("\n\n"));
    const expected = prose.map((line) => line.replaceAll("*", "")).join("\n\n");
    expect(plain).toBe(`${expected}\n\n${code.trimEnd()}\n\n${expected}`);
  });

  it.each(["<!--", "![", "[a](", "*a", "| a\n|-\n", "```\n"])(
    "of nothing but %j comes soon: whoever makes the agent say it must not stop the gateway",
    (marks) => {
      const startedAtMs = performance.now();
      toPlainText(marks.repeat(160_000 / marks.length));
      expect(performance.now() - startedAtMs).toBeLessThan(3000);
    },
  );
});

const LENGTHS = [1, 3999, 4000, 4001, 20_001, 120_000, 1024 * 1024];

describe("pieces", () => {
  it.each(LENGTHS)("of %d bytes of letters lose nothing and are at most five", (bytes) => {
    const text = "word "
      .repeat(Math.ceil(bytes / 5))
      .slice(0, bytes)
      .trim();
    const pieces = splitText(text, limits);
    expect(pieces.join(" ").replaceAll(/\s+/g, " ")).toBe(text);
    expect(pieces.length).toBeLessThanOrEqual(5);
  });

  it.each(LENGTHS)("of %d bytes of emoji are whole characters that a relay takes", (bytes) => {
    const text = "👩‍👩‍👧‍👦🎉é".repeat(Math.ceil(bytes / 31));
    const pieces = splitText(text, limits);
    expect(pieces.join("")).toBe(text);
    for (const piece of pieces) {
      expect(piece.isWellFormed()).toBe(true);
      expect(Buffer.byteLength(piece)).toBeLessThan(MAX_BYTES);
    }
    expect(pieces.length).toBeLessThanOrEqual(bytes < MAX_BYTES ? 5 : 7);
  });

  it("stay as short as wanted while they are few", () => {
    const pieces = splitText("word ".repeat(3000), limits);
    expect(pieces.length).toBeGreaterThan(1);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(4000);
  });
});
