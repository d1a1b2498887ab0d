import { describe, expect, it } from "vitest";
import { LogBook } from "./log-book.ts";

describe("LogBook", () => {
  it("joins a line that arrives in pieces and keeps the streams apart", () => {
    const log = new LogBook();
    log.append("stdout", "one\ntw");
    log.append("stderr", "other\n");
    log.append("stdout", "o\n");
    expect(log.lines.map((line) => line.text)).toEqual(["one", "other", "two"]);
  });

  it("finds a line that was there before the wait", async () => {
    const log = new LogBook();
    log.append("stdout", "[gateway] ready\n");
    await expect(log.waitFor("ready", { timeoutMs: 1000 })).resolves.toMatchObject({ index: 0 });
  });

  it("resolves with the next line when earlier ones are not wanted", async () => {
    const log = new LogBook();
    log.append("stdout", "applied 1\n");
    const wait = log.waitFor(/applied/, { from: log.nextIndex, timeoutMs: 1000 });
    log.append("stdout", "applied 2\n");
    await expect(wait).resolves.toEqual({ index: 1, text: "applied 2" });
  });

  it("names the missing line and quotes the log when the time is up", async () => {
    const log = new LogBook();
    log.append("stdout", "something else\n");
    await expect(log.waitFor("ready", { timeoutMs: 5 })).rejects.toMatchObject({
      code: "deadline",
      message: expect.stringContaining("something else"),
    });
  });

  it("fails open waits when the process ends, after its last unfinished line", async () => {
    const log = new LogBook();
    const found = log.waitFor("last words", { timeoutMs: 1000 });
    const missed = log.waitFor("never said", { timeoutMs: 1000 });
    log.append("stderr", "last words");
    log.end("the process ended");
    await expect(found).resolves.toMatchObject({ text: "last words" });
    await expect(missed).rejects.toMatchObject({ code: "exited" });
  });

  it("hands every line to the listener as it comes", () => {
    const seen: string[] = [];
    const log = new LogBook({ onLine: (line) => seen.push(line.text) });
    log.append("stdout", "a\nb\nc");
    expect(seen).toEqual(["a", "b"]);
  });
});
