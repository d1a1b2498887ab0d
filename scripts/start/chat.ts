import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
export interface ChatOptions {
  /** Sends one line to the other side. */
  readonly say: (text: string) => Promise<void>;
  /** Calls back for every text of the other side, until the returned function is called. */
  readonly onText: (listener: (text: string) => void) => () => void;
  readonly input: Readable;
  readonly output: Writable;
  /** Ends the chat as if the user had. */
  readonly signal: AbortSignal;
}

const PROMPT = "you> ";

/**
 * A line chat with the bot: what is typed is sent, what the bot says is printed.
 * Resolves at the end of the input, at Ctrl-C or Ctrl-D, and when the signal aborts.
 */
export async function runChat(options: ChatOptions): Promise<void> {
  const { say, onText, input, output, signal } = options;
  const lines = createInterface({ input, output, prompt: PROMPT, terminal: isTerminal(output) });
  const ended = Promise.withResolvers<void>();
  lines.once("close", ended.resolve).once("SIGINT", () => lines.close());
  const abort = (): void => lines.close();
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();

  let isClosed = false;
  const show = (text: string): void => {
    // Over the prompt, which comes back below with what was typed so far.
    output.write(`${isTerminal(output) ? "\r\u001B[K" : ""}${text}\n`);
    if (!isClosed) lines.prompt(true);
  };
  const stopListening = onText((text) => show(`bot> ${text}`));
  let sending: Promise<void> = Promise.resolve();
  lines.on("line", (line) => {
    const text = line.trim();
    // One after the other: the bot reads them in the order in which they were typed.
    if (text !== "")
      sending = sending
        .then(() => say(text))
        .catch((error: unknown) =>
          show(`not sent: ${error instanceof Error ? error.message : String(error)}`),
        );
    lines.prompt();
  });
  lines.prompt();

  await ended.promise;
  isClosed = true;
  output.write("\n");
  signal.removeEventListener("abort", abort);
  stopListening();
  await sending;
}

function isTerminal(output: Writable): boolean {
  return "isTTY" in output && output.isTTY === true;
}
