import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acquireIdentityLock, lockFolders } from "./lock.ts";

const USER_ID = "demo1example";
const signal = new AbortController().signal;

let root = "";
let shared = "";

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "demo-lock-"));
  shared = path.join(root, "shared");
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function acquire(stateName: string, more: { waitMs?: number; skipped?: string[] } = {}) {
  const stateDir = path.join(root, stateName);
  return acquireIdentityLock({
    userId: USER_ID,
    channelId: "demo",
    stateDir,
    signal,
    folders: [path.join(stateDir, "sessions", "demo"), shared],
    waitMs: more.waitMs ?? 0,
    onSkipped: (folder) => more.skipped?.push(folder),
  });
}

describe("the identity lock", () => {
  it("is given to one start only, and names who holds it", async () => {
    const lock = await acquire("one");
    const started = performance.now();
    await expect(acquire("one", { waitMs: 300 })).rejects.toMatchObject({
      code: "already_running",
      message: expect.stringContaining(`process ${process.pid} on ${hostname()}`),
    });
    expect(performance.now() - started).toBeLessThan(2000);
    await lock.release();
  });

  it("is free again after its release", async () => {
    await (await acquire("one")).release();
    const again = await acquire("one");
    await expect(acquire("one")).rejects.toMatchObject({ code: "already_running" });
    await again.release();
  });

  it("waits for a predecessor that is going down", async () => {
    const first = await acquire("one");
    const second = acquire("one", { waitMs: 1500 });
    await first.release();
    await expect(second.then((lock) => lock.release())).resolves.toBeUndefined();
  });

  it("holds against a copied state directory of the same user", async () => {
    const lock = await acquire("one");
    await expect(acquire("copy")).rejects.toMatchObject({ code: "already_running" });
    await lock.release();
  });

  it("lets another identity run", async () => {
    const lock = await acquire("one");
    const other = acquireIdentityLock({
      userId: "demo1other",
      channelId: "demo",
      stateDir: path.join(root, "one"),
      signal,
      folders: [path.join(root, "one", "sessions", "demo"), shared],
    });
    await expect(other.then((held) => held.release())).resolves.toBeUndefined();
    await lock.release();
  });

  it("shows nobody the user id", async () => {
    const lock = await acquire("one");
    expect(readdirSync(shared).join()).not.toContain("demo1");
    expect(statSync(shared).mode & 0o777).toBe(0o700);
    await lock.release();
  });

  it("lies in files that only this user can open, even without a umask", async () => {
    const umask = process.umask(0);
    try {
      await (await acquire("one")).release();
    } finally {
      process.umask(umask);
    }
    const modes = readdirSync(shared).map((name) => statSync(path.join(shared, name)).mode & 0o777);
    expect(modes).toEqual([0o600]);
  });

  it("needs no note: it holds and is released where none can be written or removed", async () => {
    const lock = await acquire("one");
    const note = readdirSync(shared).find((name) => name.endsWith(".holder.json"));
    const notePath = path.join(shared, note ?? "");
    await lock.release();
    // A folder with something in it can neither be replaced by a file nor removed like one.
    mkdirSync(path.join(notePath, "inside"), { recursive: true });
    const again = await acquire("one");
    await expect(acquire("one")).rejects.toMatchObject({ code: "already_running" });
    await again.release();
    await (await acquire("one")).release();
  });

  it("goes on without a shared folder that is a link to somewhere else", async () => {
    const elsewhere = path.join(root, "elsewhere");
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, shared);
    const skipped: string[] = [];
    const lock = await acquire("one", { skipped });
    expect(skipped).toEqual([shared]);
    expect(readdirSync(elsewhere)).toEqual([]);
    await lock.release();
  });
});

it("looks in the runtime folder of the user when the system has one", () => {
  expect(
    lockFolders({ channelId: "demo", stateDir: "/state" }, { XDG_RUNTIME_DIR: "/run/user/7" }),
  ).toEqual([path.join("/state", "sessions", "demo"), path.join("/run/user/7", "openclaw-demo")]);
});
