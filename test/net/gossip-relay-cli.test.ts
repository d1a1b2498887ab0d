import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { createHttpRelayClient } from "gossip-sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAnnouncement } from "../support/gossip-board-fixtures.ts";

const CLI = fileURLToPath(new URL("../../packages/gossip-relay/src/cli.ts", import.meta.url));

describe("the relay command", () => {
  let folder = "";
  const children: ChildProcess[] = [];
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "gossip-relay-cli-"));
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  function run(...flags: string[]) {
    const child = spawn(process.execPath, [CLI, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
    children.push(child);
    return child;
  }

  /** Starts it and waits for its one line. */
  async function start(...flags: string[]) {
    const child = run("--port", "0", ...flags);
    const exited = once(child, "exit");
    const lines: string[] = [];
    const output = createInterface(child.stdout).on("line", (line) => lines.push(line));
    await once(output, "line");
    const url = /http:\S+/u.exec(lines[0] ?? "")?.[0] ?? "";
    return { child, exited, lines, url };
  }

  it.each(["SIGINT", "SIGTERM"] as const)(
    "prints one line with its URL, serves, and stops cleanly on %s",
    async (signal) => {
      const { child, exited, lines, url } = await start();
      expect(lines).toEqual([`gossip-relay: ${url} (in memory)`]);
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api$/u);
      expect(await createHttpRelayClient({ url }).fetchBulletinCounter()).toBe(0n);
      child.kill(signal);
      expect(await exited).toEqual([0, null]);
      expect(lines).toHaveLength(1);
    },
  );

  it("keeps its board across a restart, also after it was killed", async () => {
    const file = path.join(folder, "relay.db");
    const first = await start("--db", file);
    const announcement = createAnnouncement();
    const client = createHttpRelayClient({ url: first.url });
    expect(await client.postAnnouncement(announcement)).toBe(1n);
    first.child.kill("SIGKILL");
    await first.exited;
    const second = await start("--db", file);
    const reader = createHttpRelayClient({ url: second.url });
    expect(await reader.fetchBulletin({ after: 0n, limit: 5 })).toEqual([
      { counter: 1n, data: announcement },
    ]);
    expect(await reader.postAnnouncement(announcement)).toBe(2n);
  });

  it.each([
    [["--port", "abc"], 2, "--port: expected a whole number"],
    [["--port", "99999"], 1, "port: expected a whole number, 0 to 65535"],
    [["--nope"], 2, "Unknown option '--nope'"],
    [["extra"], 2, "Unexpected argument 'extra'"],
    [["--port", "0", "--host", "192.0.2.1"], 1, "cannot listen on 192.0.2.1"],
    [["--port", "0", "--db", "/dev/null/x.db"], 1, "cannot open the database /dev/null/x.db"],
  ])("says what is wrong with %j", async (flags, status, message) => {
    const child = run(...flags);
    const [errors, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    expect(errors).toContain(message);
    expect(errors).not.toMatch(/^\s+at .*:\d+/mu);
    expect(code).toBe(status);
  });
});
