import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { withPrivateScreen, wantsPlain, type Terminal } from "./private-screen.ts";

const ALTERNATE = "\u001b[?1049h";
const WIPED = "\u001b[2J\u001b[H\u001b[?1049l";

/** A terminal that records what is drawn on it and which mode its keyboard is in. */
function fakeTerminal(plain = false) {
  const keys = new EventEmitter();
  const record = { drawn: "", raw: false };
  const input = Object.assign(keys, {
    setRawMode: (raw: boolean) => {
      record.raw = raw;
      return input;
    },
    resume: () => input,
    pause: () => input,
  });
  const output = {
    columns: 80,
    rows: 24,
    write: (text: string) => {
      record.drawn += text;
      return true;
    },
  };
  const terminal: Terminal = { input, output, plain };
  const type = (text: string): boolean => keys.emit("data", Buffer.from(text));
  return { terminal, record, type, keys };
}

describe("the private screen", () => {
  it("shows on the alternate screen and wipes it before it closes", async () => {
    const { terminal, record } = fakeTerminal();
    await withPrivateScreen(terminal, async (screen) => screen.show(["secret"]));
    expect(record.drawn.startsWith(ALTERNATE)).toBe(true);
    expect(record.drawn.endsWith(WIPED)).toBe(true);
    expect(record.raw).toBe(false);
  });

  it("wipes it when what runs on it fails, and leaves no listener behind", async () => {
    const { terminal, record, keys } = fakeTerminal();
    const before = process.listenerCount("SIGTERM");
    await expect(
      withPrivateScreen(terminal, () => Promise.reject(new Error("no"))),
    ).rejects.toThrow("no");
    expect(record.drawn.endsWith(WIPED)).toBe(true);
    expect([process.listenerCount("SIGTERM") - before, keys.listenerCount("data")]).toEqual([0, 0]);
  });

  it("reads lines as typed, with corrections, and ignores cursor keys", async () => {
    const { terminal, type } = fakeTerminal();
    const lines = await withPrivateScreen(terminal, async (screen) => {
      type("ab\u001b[Dx\u007fc\rwrong\u0015ri");
      type("ght\n");
      return [await screen.readLine("1"), await screen.readLine("2")];
    });
    expect(lines).toEqual(["abc", "right"]);
  });

  it("draws stars for a masked line, and in plain mode nothing", async () => {
    const masked = fakeTerminal();
    const plain = fakeTerminal(true);
    for (const { terminal, type } of [masked, plain]) {
      await withPrivateScreen(terminal, async (screen) => {
        type("zoo\r");
        await screen.readLine("Word 1:", { masked: true });
      });
    }
    expect(masked.record.drawn).toContain("Word 1: ***\n");
    expect(plain.record.drawn).toBe("Word 1: \n");
  });

  it.each([["\u0003"], ["\u0004"]])("gives up at %j", async (key) => {
    const { terminal, type } = fakeTerminal();
    const line = await withPrivateScreen(terminal, async (screen) => {
      type(`ab${key}`);
      return await screen.readLine("?");
    });
    expect(line).toBeUndefined();
  });

  it("gives up when the input ends while somebody is asked", async () => {
    const { terminal, keys } = fakeTerminal();
    const line = await withPrivateScreen(terminal, async (screen) => {
      const asked = screen.readLine("?");
      keys.emit("end");
      return await asked;
    });
    expect(line).toBeUndefined();
  });

  it("is plain for a terminal that can do nothing, or on request", () => {
    expect(
      [{ TERM: "dumb" }, { DEMO_PLAIN: "1" }, { TERM: "xterm" }].map((env) =>
        wantsPlain(env, "demo"),
      ),
    ).toEqual([true, true, false]);
  });
});
