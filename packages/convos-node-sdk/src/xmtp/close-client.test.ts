import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
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

it("fails as the library fails", async () => {
  const client = { close: () => Promise.reject(new Error("not closed")) };
  await expect(closeClient(client, databasePath)).rejects.toThrow("not closed");
});
