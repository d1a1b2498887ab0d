// Shows new recovery words once and asks for three of them, so that the paper is known to hold what was on the screen.
import type { PrivateScreen } from "./private-screen.ts";

/** Places that are asked for, counted from 1. */
const ASKED_WORDS = [3, 7, 11] as const;
const CELL_CHARACTERS = 14;
const MAX_COLUMNS = 4;
/** Lines of a page that hold no words. */
const FRAME_LINES = 8;

/**
 * How it ended.
 *
 * - `confirmed`: three words were typed right.
 * - `skipped`: the person wants to be reminded; status and doctor do.
 * - `cancelled`: Ctrl-C.
 */
export type PhraseOutcome = "confirmed" | "skipped" | "cancelled";

/** Shows the words, numbered, and confirms them. @param words - Separated by single spaces. */
export async function showAndConfirmPhrase(
  screen: PrivateScreen,
  words: string,
): Promise<PhraseOutcome> {
  const list = words.split(" ");
  for (;;) {
    if (!(await showWords(screen, list))) return "cancelled";
    const outcome = await askWords(screen, list);
    if (outcome !== "again") return outcome;
  }
}

async function showWords(screen: PrivateScreen, words: readonly string[]): Promise<boolean> {
  const pages = screen.plain
    ? [words.map((word, index) => `${index + 1}. ${word}`)]
    : layOutPages(words, screen);
  for (const [index, page] of pages.entries()) {
    screen.show([
      "Your bot's recovery phrase",
      "",
      ...page,
      "",
      "Write these words down, in this order. Anyone who has them IS your bot.",
      screen.plain
        ? "They stay on this terminal: clear its history when you are done."
        : "They are shown once and wiped from the screen afterwards.",
    ]);
    const more = index < pages.length - 1 ? "for the next words" : "when they are on paper";
    if ((await screen.readLine(`Press Enter ${more}.`)) === undefined) return false;
  }
  return true;
}

async function askWords(
  screen: PrivateScreen,
  words: readonly string[],
): Promise<PhraseOutcome | "again"> {
  if (!screen.plain) screen.show(["Now from the paper. Leave a line empty for other choices.", ""]);
  for (const place of ASKED_WORDS) {
    for (;;) {
      const typed = await screen.readLine(`Word ${place}:`);
      if (typed === undefined) return "cancelled";
      if (typed.trim().toLowerCase() === words[place - 1]) break;
      const choice = await chooseAfterSlip(screen, typed.trim() === "" ? "" : `Not word ${place}.`);
      if (choice !== "retry") return choice;
    }
  }
  return "confirmed";
}

async function chooseAfterSlip(
  screen: PrivateScreen,
  verdict: string,
): Promise<PhraseOutcome | "again" | "retry"> {
  const question = "Enter = try again, w = show the words again, s = skip and remind me later:";
  const answer = await screen.readLine(`${verdict} ${question}`.trim());
  if (answer === undefined) return "cancelled";
  const letter = answer.trim().toLowerCase();
  if (letter === "s") return "skipped";
  return letter === "w" ? "again" : "retry";
}

/** Numbered words in columns, read downwards, in as many pages as the window needs. */
export function layOutPages(
  words: readonly string[],
  { columns, rows }: { readonly columns: number; readonly rows: number },
): string[][] {
  const across = Math.max(1, Math.min(MAX_COLUMNS, Math.floor(columns / CELL_CHARACTERS)));
  const perPage = across * Math.max(1, rows - FRAME_LINES);
  const cells = words.map((word, index) =>
    `${String(index + 1).padStart(2)}. ${word}`.padEnd(CELL_CHARACTERS),
  );
  const pages: string[][] = [];
  for (let start = 0; start < cells.length; start += perPage) {
    const page = cells.slice(start, start + perPage);
    const height = Math.ceil(page.length / across);
    pages.push(
      Array.from({ length: height }, (_, row) =>
        page
          .filter((_cell, index) => index % height === row)
          .join("")
          .trimEnd(),
      ),
    );
  }
  return pages;
}
