import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { closeClient } from "./close-client.ts";

let folder = "";
let databasePath = "";

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "close-client-"));
  databasePath = path.join(folder, "inbox.db3");
});

afterEach(() => rmSync(folder, { recursive: true }));

it("ends once the library has let go of the database, which may be after it said so", async () => {
  const log = `${databasePath}-wal`;
  writeFileSync(log, "");
  const wasClosed = Promise.withResolvers<void>();
  const closing = closeClient({ close: async () => wasClosed.resolve() }, databasePath);
  const wasThereAtTheEnd = closing.then(() => existsSync(log));
  await wasClosed.promise;
  await turn();
  rmSync(log);
  expect(await wasThereAtTheEnd).toBe(false);
});

it("ends when the log of the database stays", async () => {
  writeFileSync(`${databasePath}-wal`, "");
  await closeClient({ close: () => Promise.resolve() }, databasePath);
  expect(existsSync(`${databasePath}-wal`)).toBe(true);
});

it("says that it is closed before the log is gone: what waits for an answer may be what keeps it", async () => {
  const log = `${databasePath}-wal`;
  writeFileSync(log, "");
  await closeClient({ close: () => Promise.resolve() }, databasePath, () => rmSync(log));
  expect(existsSync(log)).toBe(false);
});

it("fails as the library fails, and says even then that nothing more comes", async () => {
  const client = { close: () => Promise.reject(new Error("not closed")) };
  const onClosed = vi.fn<() => void>();
  await expect(closeClient(client, databasePath, onClosed)).rejects.toThrow("not closed");
  expect(onClosed).toHaveBeenCalledOnce();
});
