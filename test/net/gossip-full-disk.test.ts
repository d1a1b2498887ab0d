// A disk that takes no more bytes, while a bot runs on it: by a limit of the kernel on its process, which fails the real
// writes of the real files.
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startRelay } from "gossip-relay";
import { LogBook } from "channel-testing";
import { expect, it, vi } from "vitest";
import { createPerson } from "../support/gossip-person.ts";

const WAIT_MS = 30_000;

it("admits nothing while the disk is full, and goes on by itself when it is not any more", async () => {
  const root = mkdtempSync(path.join(tmpdir(), "gossip-full-disk-"));
  mkdirSync(path.join(root, "run"), { mode: 0o700 });
  await using relay = await startRelay();
  await using person = await createPerson(relay.url, path.join(root, "person"));
  const child = fork(new URL("../state/bot-child.ts", import.meta.url), {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    env: {
      ...process.env,
      OPENCLAW_STATE_DIR: path.join(root, "state"),
      XDG_RUNTIME_DIR: path.join(root, "run"),
      RELAY_URL: relay.url,
    },
  });
  const exited = once(child, "exit");
  try {
    const said = new LogBook();
    child.stdout?.setEncoding("utf8").on("data", (text: string) => said.append("stdout", text));
    const { text: ready } = await said.waitFor(/^ready /, { timeoutMs: WAIT_MS });
    const botId = ready.slice("ready ".length);
    await vi.waitFor(() => expect(relay.stats().keys).toBe(2), WAIT_MS);
    await person.greet(botId, "before");
    await said.waitFor("turn before", { timeoutMs: WAIT_MS });

    const from = said.nextIndex;
    limitFileSize(child.pid ?? 0, "1");
    await person.say(botId, "while it is full");
    await said.waitFor(/state_unwritable|ERR_SQLITE_ERROR|could not be stored/, {
      from,
      timeoutMs: WAIT_MS,
    });
    const admitted = said.lines.filter(
      ({ index, text }) => index >= from && text.startsWith("turn"),
    );
    limitFileSize(child.pid ?? 0, "unlimited");
    await said.waitFor("turn while it is full", { from, timeoutMs: WAIT_MS });
    await person.say(botId, "after");
    await said.waitFor("turn after", { from, timeoutMs: WAIT_MS });

    expect(admitted).toEqual([]);
    const turns = said.lines.map(({ text }) => text).filter((text) => text.startsWith("turn"));
    expect(turns).toEqual(["turn before", "turn while it is full", "turn after"]);
  } finally {
    child.kill("SIGKILL");
    await exited;
    rmSync(root, { recursive: true, force: true });
  }
});

/** The soft limit: a process may raise it again up to the hard one. */
function limitFileSize(pid: number, bytes: string): void {
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:`]);
}
