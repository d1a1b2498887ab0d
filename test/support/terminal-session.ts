import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { stripVTControlCharacters } from "node:util";

export interface TerminalSessionOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly columns?: number;
  readonly rows?: number;
}

/** A program in a pseudo-terminal, driven as a person would. */
export interface TerminalSession extends AsyncDisposable {
  /** Everything that came out, with escape sequences. */
  readonly raw: () => string;
  /**
   * Resolves with the match of what comes out after the last match, without escape sequences. Fails when the program
   * ends first, or after `timeoutMs`.
   */
  whenShown(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  type(keys: string): void;
  /** @returns The exit code. */
  whenEnded(timeoutMs?: number): Promise<number>;
}

export const ENTER = "\r";
export const UP = "\u001b[A";
export const DOWN = "\u001b[B";

const DEFAULT_TIMEOUT_MS = 60_000;

/** Starts a program under `script`, which every Debian has. */
export function openTerminal(options: TerminalSessionOptions): TerminalSession {
  const { columns = 100, rows = 40 } = options;
  const command = [options.command, ...options.args].map(quote).join(" ");
  // A terminal that nobody sits at has no size.
  const inner = `stty cols ${columns} rows ${rows}; exec ${command}`;
  const child = spawn("script", ["-qefc", inner, "/dev/null"], {
    cwd: options.cwd,
    env: { TERM: "xterm-256color", ...options.env, SHELL: "/bin/sh" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const news = new EventEmitter();
  let raw = "";
  /** Characters of the output, without escape sequences, that were matched. */
  let seen = 0;
  const end: { code?: number } = {};
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    raw += text;
    news.emit("news");
  });
  child.once("close", (exitCode) => {
    end.code = exitCode ?? 1;
    news.emit("news");
  });
  const untilNews = async (timeout: AbortSignal, what: string): Promise<void> => {
    try {
      await once(news, "news", { signal: timeout });
    } catch (cause) {
      throw new Error(`${what}; the terminal shows:\n${tail(raw, seen)}`, { cause });
    }
  };
  return {
    raw: () => raw,
    type: (keys) => {
      child.stdin.write(keys);
    },
    whenShown: async (pattern, timeoutMs = DEFAULT_TIMEOUT_MS) => {
      const timeout = AbortSignal.timeout(timeoutMs);
      for (;;) {
        const text = stripVTControlCharacters(raw).slice(seen);
        const match = pattern.exec(text);
        if (match !== null) {
          seen += match.index + match[0].length;
          return match;
        }
        if (end.code !== undefined)
          throw new Error(`ended with ${end.code} before ${pattern}:\n${text}`);
        await untilNews(timeout, `did not show ${pattern}`);
      }
    },
    whenEnded: async (timeoutMs = DEFAULT_TIMEOUT_MS) => {
      const timeout = AbortSignal.timeout(timeoutMs);
      while (end.code === undefined) await untilNews(timeout, "did not end");
      return end.code;
    },
    [Symbol.asyncDispose]: async () => {
      if (end.code !== undefined) return;
      child.kill("SIGKILL");
      await once(child, "close");
    },
  };
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function tail(raw: string, seen: number): string {
  return stripVTControlCharacters(raw).slice(seen).slice(-3000);
}
