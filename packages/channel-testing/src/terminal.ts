import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { stripVTControlCharacters } from "node:util";
import { HarnessError } from "./errors.ts";
import { resolveOpenclawLauncher } from "./host-paths.ts";
import type { Host } from "./host.ts";

/** A program in a pseudo-terminal, driven as a person would. */
export interface TerminalSession extends AsyncDisposable {
  /** Everything that came out, with escape sequences. */
  readonly raw: () => string;
  /** The same without escape sequences. */
  readonly screen: () => string;
  /**
   * Resolves with the match of what comes out after the last match, without escape sequences. Fails when the program
   * ends first, or after `timeoutMs`.
   *
   * @throws HarnessError `exited` | `deadline`, with what the terminal shows.
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
const COLUMNS = 100;
const ROWS = 40;

/**
 * Runs `openclaw ARGS` for one host in a pseudo-terminal of 100 by 40 that speaks UTF-8. Needs `script` of util-linux,
 * which every Debian has.
 */
export function openOpenclawTerminal(host: Host, args: readonly string[]): TerminalSession {
  const command = host
    .commandLine([resolveOpenclawLauncher(), ...args])
    .map(quote)
    .join(" ");
  // A terminal that nobody sits at has no size.
  const inner = `stty cols ${COLUMNS} rows ${ROWS}; exec ${command}`;
  const child = spawn("script", ["-qefc", inner, "/dev/null"], {
    cwd: host.paths.root,
    env: {
      TERM: "xterm-256color",
      ...host.childEnv(),
      LANG: "C.UTF-8",
      LC_ALL: "C.UTF-8",
      SHELL: "/bin/sh",
    },
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
      throw new HarnessError("deadline", `${what}; the terminal shows:\n${tail(raw, seen)}`, {
        cause,
      });
    }
  };
  return {
    raw: () => raw,
    screen: () => stripVTControlCharacters(raw),
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
          throw new HarnessError("exited", `ended with ${end.code} before ${pattern}:\n${text}`);
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
