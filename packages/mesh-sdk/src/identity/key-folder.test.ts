import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { keyOf } from "../../test-support/people.ts";
import { lateRefusalOf } from "../../test-support/refusal.ts";
import { loadOrCreateKey } from "./key-folder.ts";

let folder: string;
let keys: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "mesh-keys-"));
  keys = path.join(folder, "keys");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function modeOf(file: string): number {
  return statSync(file).mode & 0o777;
}

it("makes a key that is the same ever after, and closes it to others", async () => {
  const made = await loadOrCreateKey(keys);
  expect(readdirSync(keys).toSorted()).toEqual(["key.pem", "pub.pem"]);
  expect([modeOf(keys), modeOf(path.join(keys, "key.pem"))]).toEqual([0o700, 0o600]);
  expect(readFileSync(path.join(keys, "pub.pem"), "utf8")).toBe(made.publicKeyPem);
  expect((await loadOrCreateKey(keys)).peerId).toBe(made.peerId);
});

it("gives one key to all who start at once", async () => {
  const made = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateKey(keys)));
  expect(new Set(made.map(({ peerId }) => peerId)).size).toBe(1);
});

it("takes over a folder of the reference and closes it", async () => {
  const ada = keyOf("ada");
  mkdirSync(keys, { mode: 0o755 });
  writeFileSync(
    path.join(keys, "key.pem"),
    ada.privateKey.export({ format: "pem", type: "pkcs8" }),
    { mode: 0o644 },
  );
  writeFileSync(path.join(keys, "pub.pem"), `${ada.publicKeyPem}\n`);
  expect((await loadOrCreateKey(keys)).peerId).toBe(ada.peerId);
  expect([modeOf(keys), modeOf(path.join(keys, "key.pem"))]).toEqual([0o700, 0o600]);
});

it("writes a lost public half again and leaves the key as it is", async () => {
  const made = await loadOrCreateKey(keys);
  const before = readFileSync(path.join(keys, "key.pem"));
  rmSync(path.join(keys, "pub.pem"));
  expect((await loadOrCreateKey(keys)).peerId).toBe(made.peerId);
  expect(readFileSync(path.join(keys, "key.pem"))).toEqual(before);
  expect(readFileSync(path.join(keys, "pub.pem"), "utf8")).toBe(made.publicKeyPem);
});

it("does not begin as somebody new while the public half says who was here", async () => {
  await loadOrCreateKey(keys);
  rmSync(path.join(keys, "key.pem"));
  expect(await lateRefusalOf(() => loadOrCreateKey(keys))).toBe("state_unreadable");
  await expect(loadOrCreateKey(keys)).rejects.toThrow("key.pem");
  expect(readdirSync(keys)).toEqual(["pub.pem"]);
});

it.each(["", "not a key", keyOf("ada").publicKeyPem, "x".repeat(5000)])(
  "refuses a key file that it cannot read, and keeps it",
  async (text) => {
    mkdirSync(keys, { mode: 0o700 });
    writeFileSync(path.join(keys, "key.pem"), text, { mode: 0o600 });
    expect(await lateRefusalOf(() => loadOrCreateKey(keys))).toBe("state_unreadable");
    expect(readFileSync(path.join(keys, "key.pem"), "utf8")).toBe(text);
  },
);

it("refuses halves of two keys", async () => {
  await loadOrCreateKey(keys);
  writeFileSync(path.join(keys, "pub.pem"), keyOf("eve").publicKeyPem);
  expect(await lateRefusalOf(() => loadOrCreateKey(keys))).toBe("state_unreadable");
});

it("follows no links: neither to a key nor to a folder", async () => {
  await loadOrCreateKey(keys);
  const other = path.join(folder, "other");
  mkdirSync(other, { mode: 0o700 });
  symlinkSync(path.join(keys, "key.pem"), path.join(other, "key.pem"));
  expect(await lateRefusalOf(() => loadOrCreateKey(other))).toBe("insecure_state_path");
  symlinkSync(keys, path.join(folder, "linked"));
  expect(await lateRefusalOf(() => loadOrCreateKey(path.join(folder, "linked")))).toBe(
    "insecure_state_path",
  );
});

it("says so when the disk takes nothing", async () => {
  writeFileSync(keys, "a file where the folder should be");
  const inside = path.join(keys, "inside");
  expect(await lateRefusalOf(() => loadOrCreateKey(inside))).toBe("state_unwritable");
});
