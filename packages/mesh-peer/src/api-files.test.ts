import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { AUTH_FILE, loadApiAccess, loadOrCreateToken, publishAddress } from "./api-files.ts";

const URL_OF_API = "http://127.0.0.1:5050";

let parent = "";
let folder = "";
beforeEach(() => {
  parent = mkdtempSync(path.join(tmpdir(), "mesh-api-files-"));
  folder = path.join(parent, "mesh");
});
afterEach(() => rmSync(parent, { recursive: true }));

it("a token is made once, is for its owner alone, and is a header that curl can send", () => {
  const token = loadOrCreateToken(folder);
  expect(loadOrCreateToken(folder)).toBe(token);
  const file = path.join(folder, AUTH_FILE);
  expect(readFileSync(file, "utf8")).toBe(`Authorization: Bearer ${token}\n`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

it("a caller finds the API while the peer runs, and no longer", () => {
  const token = loadOrCreateToken(folder);
  const withdraw = publishAddress(folder, URL_OF_API);
  expect(loadApiAccess(folder)).toEqual({ url: URL_OF_API, token });
  withdraw();
  expect(() => loadApiAccess(folder)).toThrow(expect.objectContaining({ code: "not_running" }));
});

it("the token is not sent to whoever has the port of a peer that was killed", () => {
  loadOrCreateToken(folder);
  publishAddress(folder, URL_OF_API);
  // No system has so many.
  const pid = 2 ** 31 - 1;
  writeFileSync(
    path.join(folder, "api.json"),
    JSON.stringify({ version: 1, url: URL_OF_API, pid }),
  );
  expect(() => loadApiAccess(folder)).toThrow(expect.objectContaining({ code: "not_running" }));
});

it("a token that others may read is refused and stays as it is", () => {
  loadOrCreateToken(folder);
  const file = path.join(folder, AUTH_FILE);
  const before = readFileSync(file, "utf8");
  chmodSync(file, 0o644);
  expect(() => loadOrCreateToken(folder)).toThrow(
    expect.objectContaining({ code: "unusable_file" }),
  );
  expect(readFileSync(file, "utf8")).toBe(before);
});

it.each(["", "Authorization: Bearer short\n", "Authorization: Basic eDp5\n", "\u0000".repeat(66)])(
  "a damaged token file is refused by name and never replaced: %j",
  (text) => {
    loadOrCreateToken(folder);
    const file = path.join(folder, AUTH_FILE);
    writeFileSync(file, text);
    expect(() => loadOrCreateToken(folder)).toThrow(file);
    expect(readFileSync(file, "utf8")).toBe(text);
  },
);

it.each(["{}", "[1", '{"version":2,"url":"http://127.0.0.1:1"}'])(
  "an address file of another version is refused by name: %s",
  (text) => {
    loadOrCreateToken(folder);
    publishAddress(folder, URL_OF_API);
    writeFileSync(path.join(folder, "api.json"), text);
    expect(() => loadApiAccess(folder)).toThrow(path.join(folder, "api.json"));
  },
);
