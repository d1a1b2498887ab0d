// The lock between processes: taken, kept, and dropped by the kernel when its holder dies.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acquireIdentityLock } from "channel-kit";

const LOCK_MODULE = import.meta.resolve("channel-kit");
const USER_ID = "gossip1example";

let root = "";

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "gossip-lock-"));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function options() {
  return {
    channelId: "gossip",
    userId: USER_ID,
    stateDir: root,
    folders: [path.join(root, "own"), path.join(root, "shared")],
    waitMs: 0,
  };
}

function acquire() {
  return acquireIdentityLock({ ...options(), signal: new AbortController().signal });
}

/** A child process that asks for the lock, says how that went, and keeps it until it is killed. */
async function askInChild() {
  const script = `
    const { acquireIdentityLock } = await import(${JSON.stringify(LOCK_MODULE)});
    const { signal } = new AbortController();
    try {
      await acquireIdentityLock({ ...${JSON.stringify(options())}, signal });
      console.log("held");
      setInterval(() => {}, 1000);
    } catch (error) {
      console.log(error.code);
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const [said]: unknown[] = await once(child.stdout, "data");
  return { said: String(said).trim(), pid: child.pid, exited, kill: () => child.kill("SIGKILL") };
}

describe("the identity lock between processes", () => {
  it("is refused with the holder's process id, and free once that process is killed", async () => {
    const child = await askInChild();
    expect(child.said).toBe("held");
    await expect(acquire()).rejects.toMatchObject({
      code: "already_running",
      message: expect.stringContaining(`process ${child.pid} `),
    });
    child.kill();
    await child.exited;
    const lock = await acquire();
    await lock.release();
  });

  it("stays held when its own process asks for it again", async () => {
    const lock = await acquire();
    await expect(acquire()).rejects.toMatchObject({ code: "already_running" });
    const child = await askInChild();
    await child.exited;
    expect(child.said).toBe("already_running");
    await lock.release();
  });
});
