// One line of a terminal that is written again and again while somebody waits.

/** Wipes the line that the cursor is in. */
const WIPE = "\r\u001b[2K";

export interface LiveLine {
  /** Shows a text in place of the one before. */
  show(text: string): void;
  /** Leaves the last text where it is. Safe to call again. */
  end(): void;
}

/** `(0:42)`. */
export function formatElapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `(${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")})`;
}

/** @param isPlain - For screen readers: a text is written once, on a line of its own, and times are not counted. */
export function createLiveLine(
  output: { write(text: string): unknown; readonly columns?: number },
  isPlain: boolean,
): LiveLine {
  let last = "";
  let isOpen = false;
  return {
    show: (text) => {
      const shown = isPlain ? text.replace(/ \(\d+:\d\d\)/, "") : text;
      if (shown === last) return;
      last = shown;
      if (isPlain) {
        output.write(`${shown}\n`);
        return;
      }
      isOpen = true;
      // A line that the terminal breaks could not be wiped.
      output.write(`${WIPE}${shown.slice(0, (output.columns ?? 80) - 1)}`);
    },
    end: () => {
      if (isOpen) output.write("\n");
      isOpen = false;
    },
  };
}
