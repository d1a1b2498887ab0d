// A page of the terminal for what must not stay on it: recovery words are shown and typed on the alternate screen, which
// keeps no scrollback, and are wiped before it closes.
import { StringDecoder } from "node:string_decoder";

const ENTER_ALTERNATE = "\u001b[?1049h";
const LEAVE_ALTERNATE = "\u001b[?1049l";
const CLEAR = "\u001b[2J\u001b[H";
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/** Ctrl-C and Ctrl-D: the person gives up. */
const GIVE_UP = new Set(["\u0003", "\u0004"]);
const ERASE = new Set(["\u007f", "\b"]);
const ERASE_LINE = "\u0015";
/** Cursor keys and the like, which mean nothing here. */
// eslint-disable-next-line no-control-regex
const ESCAPE_SEQUENCE = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|O.|.)?/g;

/** The ends of a terminal: what a stream of Node.js offers of them. */
export interface Terminal {
  readonly input: {
    setRawMode(raw: boolean): unknown;
    on(event: "data" | "end", listener: (chunk: Buffer) => void): unknown;
    off(event: "data" | "end", listener: (chunk: Buffer) => void): unknown;
    resume(): unknown;
    pause(): unknown;
  };
  readonly output: {
    readonly columns: number;
    readonly rows: number;
    write(text: string): unknown;
  };
  /** For screen readers and simple terminals: no alternate screen and nothing redrawn. What is shown then stays. */
  readonly plain: boolean;
}

export interface PrivateScreen {
  readonly columns: number;
  readonly rows: number;
  readonly plain: boolean;
  /** Replaces what the page shows; in plain mode the lines follow the earlier ones. */
  show(lines: readonly string[]): void;
  /** A line as typed or pasted; undefined when the person gave up with Ctrl-C or Ctrl-D, or the input ended. */
  readLine(prompt: string, options?: { readonly masked?: boolean }): Promise<string | undefined>;
}

/**
 * This process's terminal; undefined when a pipe, a file or nothing is on one of its ends.
 *
 * @param channelId - `<CHANNEL ID>_PLAIN=1` in the environment asks for plain mode.
 */
export function findTerminal(
  channelId: string,
  options: { readonly plain?: boolean } = {},
): Terminal | undefined {
  const { env, stdin: input, stdout: output } = process;
  if (!input.isTTY || !output.isTTY) return undefined;
  return { input, output, plain: options.plain ?? wantsPlain(env, channelId) };
}

/** `<CHANNEL ID>_PLAIN=1`, or a terminal that says it can do nothing. */
export function wantsPlain(env: NodeJS.ProcessEnv, channelId: string): boolean {
  return env[`${channelId.toUpperCase()}_PLAIN`] === "1" || env["TERM"] === "dumb";
}

/** Lends the terminal to `use`. Whatever happens, the page is wiped and the terminal is as it was afterwards. */
export async function withPrivateScreen<T>(
  terminal: Terminal,
  use: (screen: PrivateScreen) => Promise<T>,
): Promise<T> {
  const { input, output, plain } = terminal;
  const keyboard = createKeyboard();
  const onData = (chunk: Buffer): void => keyboard.type(chunk);
  const onEnd = (): void => keyboard.end();
  const leave = (): void => {
    if (!plain) output.write(`${CLEAR}${LEAVE_ALTERNATE}`);
    input.setRawMode(false);
  };
  const dieClean = (signal: NodeJS.Signals): void => {
    leave();
    process.off("exit", leave);
    process.kill(process.pid, signal);
  };
  process.once("exit", leave);
  process.once("SIGTERM", dieClean);
  process.once("SIGHUP", dieClean);
  input.setRawMode(true);
  input.on("data", onData);
  input.on("end", onEnd);
  input.resume();
  if (!plain) output.write(`${ENTER_ALTERNATE}${CLEAR}`);
  try {
    return await use({
      columns: output.columns || DEFAULT_COLUMNS,
      rows: output.rows || DEFAULT_ROWS,
      plain,
      show: (lines) => {
        output.write(`${plain ? "\n" : CLEAR}${lines.join("\n")}\n`);
      },
      readLine: async (prompt, { masked = false } = {}) => {
        output.write(`${prompt} `);
        const line = await readLine(keyboard, (text) => {
          if (!masked || text === "\n" || !plain) output.write(masked ? mask(text) : text);
        });
        return line;
      },
    });
  } finally {
    process.off("exit", leave);
    process.off("SIGTERM", dieClean);
    process.off("SIGHUP", dieClean);
    input.off("data", onData);
    input.off("end", onEnd);
    input.pause();
    leave();
  }
}

function mask(echo: string): string {
  return /^[\n\b]/.test(echo) ? echo : "*".repeat(echo.length);
}

interface Keyboard {
  type(chunk: Buffer): void;
  end(): void;
  /** The next character; undefined when there will be no more. */
  next(): Promise<string | undefined>;
}

/** What was typed, one character at a time; what is pasted beyond a line waits for the next one. */
function createKeyboard(): Keyboard {
  const decoder = new StringDecoder("utf8");
  const typed: string[] = [];
  const state = { ended: false };
  let wake: (() => void) | undefined;
  const ring = (): void => {
    wake?.();
    wake = undefined;
  };
  return {
    type: (chunk) => {
      typed.push(...Array.from(decoder.write(chunk).replaceAll(ESCAPE_SEQUENCE, "")));
      ring();
    },
    end: () => {
      state.ended = true;
      ring();
    },
    next: async () => {
      while (typed.length === 0 && !state.ended) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return typed.shift();
    },
  };
}

async function readLine(
  keyboard: Keyboard,
  echo: (text: string) => void,
): Promise<string | undefined> {
  let line: string[] = [];
  for (;;) {
    const key = await keyboard.next();
    if (key === undefined || GIVE_UP.has(key)) return undefined;
    if (key === "\r" || key === "\n") {
      echo("\n");
      return line.join("");
    }
    if (ERASE.has(key)) {
      if (line.pop() !== undefined) echo("\b \b");
    } else if (key === ERASE_LINE) {
      echo("\b \b".repeat(line.length));
      line = [];
    } else if (key >= " ") {
      line.push(key);
      echo(key);
    }
  }
}
