import { enterPhrase } from "channel-kit/terminal";
import { generateMnemonic } from "gossip-sdk";
import { describe, expect, it } from "vitest";
import { scriptScreen } from "../../../test/support/scripted-screen.ts";
import { phraseRules } from "./client-phrase.ts";

const PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow";
const WORDS = PHRASE.split(" ");
const LONG = generateMnemonic(24);

async function enter(lines: readonly string[], plain = false) {
  const scripted = scriptScreen(lines, { plain });
  const phrase = await enterPhrase(scripted.screen, phraseRules);
  return { phrase: phrase?.reveal(), ...scripted };
}

describe("typing a recovery phrase", () => {
  it("takes it word by word, never shown", async () => {
    const { phrase, asked } = await enter([...WORDS, ""]);
    expect(phrase).toBe(PHRASE);
    expect(asked.every(({ masked }) => masked)).toBe(true);
    expect(asked.at(-1)?.prompt).toContain("the phrase has 12 words");
  });

  it.each([
    ["in one line", [PHRASE.toUpperCase()]],
    ["with numbers", [WORDS.map((word, index) => `${index + 1}. ${word}`).join("  ")]],
    ["in two halves", [WORDS.slice(0, 6).join(" "), WORDS.slice(6).join(" ")]],
  ])("takes it pasted %s", async (_how, lines) => {
    expect((await enter(lines)).phrase).toBe(PHRASE);
  });

  it("takes 24 words without asking whether that was all", async () => {
    expect((await enter(LONG.split(" "))).phrase).toBe(LONG);
  });

  it("guesses what was meant, and Enter takes the guess", async () => {
    const { phrase, asked } = await enter(["legla", "", ...WORDS.slice(1), ""]);
    expect(phrase).toBe(PHRASE);
    expect(asked[1]?.prompt).toBe(
      "Word 1: 'legla' is not in the list. Did you mean 'legal'? Enter = yes, or type it again:",
    );
  });

  it("says that the checksum does not fit and takes one word again", async () => {
    const wrong = WORDS.with(11, "zoo");
    const { phrase, asked } = await enter([...wrong, "", "12", "yellow"]);
    expect(phrase).toBe(PHRASE);
    expect(asked.some(({ prompt }) => prompt.includes("checksum"))).toBe(true);
  });

  it("starts over on request", async () => {
    expect((await enter([WORDS.with(0, "zoo").join(" "), "", "", PHRASE])).phrase).toBe(PHRASE);
  });

  it("keeps typed words out of what a plain terminal shows", async () => {
    const { asked } = await enter(["legla", PHRASE], true);
    expect(asked.map(({ prompt }) => prompt).join(" ")).not.toMatch(/legla|legal/);
  });

  it("can be given up", async () => {
    expect((await enter(WORDS.slice(0, 3))).phrase).toBeUndefined();
  });
});
