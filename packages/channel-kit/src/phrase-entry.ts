// Takes a recovery phrase from the keyboard: word by word or pasted, masked, with a guess for each word that is none.
import type { PrivateScreen } from "./private-screen.ts";
import { SecretText } from "./secret-text.ts";

const MAX_WORDS = 24;
/** Lengths at which a phrase can end. */
const LENGTHS: ReadonlySet<number> = new Set([12, 15, 18, 21, 24]);

/** The word list and the checksum, from the protocol. */
export interface PhraseRules {
  isWord(text: string): boolean;
  /** Words that may have been meant, best first. */
  suggest(text: string): readonly string[];
  /** Whether the words together are a phrase: their number is right and the checksum fits. */
  isPhrase(words: string): boolean;
}

/** @returns The words, normalized and valid, or undefined when the person gave up. */
export async function enterPhrase(
  screen: PrivateScreen,
  rules: PhraseRules,
): Promise<SecretText | undefined> {
  let words: string[] = [];
  for (;;) {
    screen.show([
      "Recovery phrase: 12, 15, 18, 21 or 24 words.",
      "Type one word and Enter, or paste them all. What you type is not shown.",
      "",
    ]);
    const entered = await enterWords(screen, rules, words);
    if (entered === undefined) return undefined;
    if (rules.isPhrase(entered.join(" "))) return new SecretText(entered.join(" "));
    const kept = await askWhatIsWrong(screen, rules, entered);
    if (kept === undefined) return undefined;
    if (rules.isPhrase(kept.join(" "))) return new SecretText(kept.join(" "));
    words = kept;
  }
}

/** Goes on after the words that are there, until the phrase is long enough and the person says that was all. */
async function enterWords(
  screen: PrivateScreen,
  rules: PhraseRules,
  before: readonly string[],
): Promise<string[] | undefined> {
  const words = [...before];
  while (words.length < MAX_WORDS) {
    const canEnd = LENGTHS.has(words.length);
    const end = canEnd ? ` (Enter alone: the phrase has ${words.length} words)` : "";
    const line = await screen.readLine(`Word ${words.length + 1}${end}:`, { masked: true });
    if (line === undefined) return undefined;
    const typed = splitWords(line);
    if (typed.length === 0 && canEnd) return words;
    for (const text of typed) {
      const word = await settleWord(screen, rules, text, words.length + 1);
      if (word === undefined) return undefined;
      if (word === "") break;
      words.push(word);
      if (words.length === MAX_WORDS) break;
    }
    if (typed.length > 1 && rules.isPhrase(words.join(" "))) return words;
  }
  return words;
}

/** @returns The word that is meant, "" to type it again, undefined when the person gave up. */
async function settleWord(
  screen: PrivateScreen,
  rules: PhraseRules,
  text: string,
  place: number,
): Promise<string | undefined> {
  let typed = text.toLowerCase();
  while (!rules.isWord(typed)) {
    const [guess] = rules.suggest(typed);
    // A plain terminal keeps what it shows, so there the slip is named by its place only.
    const shown = screen.plain ? "what you typed" : `'${typed}'`;
    const problem = `Word ${place}: ${shown} is not in the list.`;
    const question =
      guess === undefined || screen.plain
        ? `${problem} Type it again:`
        : `${problem} Did you mean '${guess}'? Enter = yes, or type it again:`;
    const answer = await screen.readLine(question, { masked: true });
    if (answer === undefined) return undefined;
    const [next, ...more] = splitWords(answer);
    if (next === undefined) {
      if (guess === undefined || screen.plain) return "";
      typed = guess;
    } else {
      if (more.length > 0) return "";
      typed = next;
    }
  }
  return typed;
}

/** The words are all in the list, but not together. @returns What to go on with, or undefined when given up. */
async function askWhatIsWrong(
  screen: PrivateScreen,
  rules: PhraseRules,
  words: readonly string[],
): Promise<string[] | undefined> {
  for (;;) {
    const answer = await screen.readLine(
      `The checksum of these ${words.length} words does not fit: one is wrong, or two are swapped. ` +
        "Number of a word to type again, or Enter to start over:",
    );
    if (answer === undefined) return undefined;
    if (answer.trim() === "") return [];
    const place = Number(answer.trim());
    if (!Number.isInteger(place) || place < 1 || place > words.length) continue;
    const line = await screen.readLine(`Word ${place}:`, { masked: true });
    if (line === undefined) return undefined;
    const word = await settleWord(screen, rules, line.trim(), place);
    if (word === undefined) return undefined;
    const next = words.with(place - 1, word === "" ? (words[place - 1] ?? "") : word);
    if (rules.isPhrase(next.join(" "))) return next;
    words = next;
  }
}

/** Numbers of a copied list ("1. abandon") are left out. */
function splitWords(line: string): string[] {
  return line
    .toLowerCase()
    .split(/[\s,;]+/u)
    .map((part) => part.replace(/^\d+[.):]?/u, ""))
    .filter((part) => part !== "");
}
