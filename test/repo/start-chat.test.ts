import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { runChat } from "../../scripts/start/chat.ts";

function setUp(say: (line: string) => Promise<void>) {
  const input = new PassThrough();
  const output = new PassThrough();
  const ending = new AbortController();
  const listeners: ((line: string) => void)[] = [];
  const chat = runChat({
    say,
    onText: (listener) => {
      listeners.push(listener);
      return () => listeners.pop();
    },
    input,
    output,
    signal: ending.signal,
  }).then(() => output.end());
  return {
    input,
    ending,
    chat,
    printed: text(output),
    hear: (line: string) => listeners[0]?.(line),
  };
}

it("sends typed lines in their order, prints what comes back, and ends with the input", async () => {
  const said: string[] = [];
  const { input, chat, printed, hear } = setUp(async (line) => {
    said.push(line);
    hear(`you said ${line}`);
  });
  input.end("first\n\n  second  \n");
  await chat;
  expect(said).toEqual(["first", "second"]);
  await expect(printed).resolves.toMatch(/bot> you said first[\s\S]*bot> you said second/);
});

it("says which line was not sent and goes on", async () => {
  const { input, chat, printed } = setUp(() => Promise.reject(new Error("relay_unreachable")));
  input.end("lost\n");
  await chat;
  await expect(printed).resolves.toContain("not sent: relay_unreachable");
});

it("ends when the run is ended", async () => {
  const { ending, chat, printed } = setUp(() => Promise.resolve());
  ending.abort();
  await chat;
  await expect(printed).resolves.toBe("you> \n");
});
