// The English BIP39 list, for people who type: is this a word, and if not, which one was meant.
import { wordlist } from "@scure/bip39/wordlists/english.js";

const MAX_SUGGESTIONS = 3;
const MAX_DISTANCE = 2;
/** The list is made so that four letters tell every word apart. */
const UNIQUE_PREFIX = 4;

const known: ReadonlySet<string> = new Set(wordlist);

/** Whether a text, as typed, is a word of the list. */
export function isMnemonicWord(text: string): boolean {
  return known.has(fold(text));
}

/**
 * Words that somebody may have meant, best first, at most three: what begins with at least four typed letters, then what
 * is at most two slips away (a letter too many, too few, wrong, or two swapped). Empty when nothing is near.
 */
export function suggestMnemonicWords(text: string): string[] {
  const typed = fold(text);
  if (typed.length < 2) return [];
  return wordlist
    .map((word) => ({ word, distance: rank(typed, word) }))
    .filter(({ distance }) => distance <= MAX_DISTANCE)
    .toSorted((left, right) => left.distance - right.distance)
    .slice(0, MAX_SUGGESTIONS)
    .map(({ word }) => word);
}

function rank(typed: string, word: string): number {
  if (typed.length >= UNIQUE_PREFIX && word.startsWith(typed)) return 0;
  return Math.abs(typed.length - word.length) > MAX_DISTANCE
    ? Number.POSITIVE_INFINITY
    : countSlips(typed, word);
}

/** Optimal string alignment distance: edits and swaps of neighbours, each place edited once. */
function countSlips(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left[row - 1] === right[column - 1];
      const isSwapped =
        row > 1 &&
        column > 1 &&
        left[row - 1] === right[column - 2] &&
        left[row - 2] === right[column - 1];
      current.push(
        Math.min(
          at(current, column - 1) + 1,
          at(last, column) + 1,
          at(last, column - 1) + (isSame ? 0 : 1),
          isSwapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}

function fold(text: string): string {
  return text.trim().toLowerCase();
}
