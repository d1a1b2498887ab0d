import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { meshKeyFromSeed, parseList, signList, verifyList } from "mesh-sdk";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ListFile } from "./list-file.ts";

const key = meshKeyFromSeed(new Uint8Array(32).fill(1));
const otherKey = meshKeyFromSeed(new Uint8Array(32).fill(2));
const NOW = 1_800_000_000_000;
const PEERS = [{ peer_id: otherKey.peerId, ws_url: "wss://a.example/" }];

let folder = "";
let file = "";
let warnings: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "mesh-list-"));
  file = path.join(folder, "bootstrap.json");
  warnings = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(nowMs = NOW, serialFolder = folder): ListFile {
  const serialFile = path.join(serialFolder, "list-serial");
  return new ListFile({
    file,
    serialFile,
    key,
    now: () => nowMs,
    warn: (line) => warnings.push(line),
  });
}

function sign(serial: number, url: string): string {
  const peers = [{ peerId: otherKey.peerId, url }];
  return signList(key, { peers, serial, updatedAtMs: NOW });
}

/** A reader that has named us as signer: it keeps a note, and goes back to no older list. */
function createReader(): (text: string) => void {
  let known: string | undefined;
  return (text) => {
    known = verifyList(parseList(text), { signerId: key.peerId, known, nowMs: NOW });
  };
}

function write(list: object): void {
  writeFileSync(file, JSON.stringify(list));
}

function serialOf(text: string): number | undefined {
  return parseList(text).proof?.serial;
}

it("a list of the reference is signed, in its file too, and reads as before", () => {
  write({ version: 1, peers: PEERS });
  const text = open().read();
  const list = parseList(text);
  expect(list.peers).toEqual([{ peerId: otherKey.peerId, url: "wss://a.example/" }]);
  expect(verifyList(list, { signerId: key.peerId, known: undefined, nowMs: NOW })).toMatch(
    /^1800000001 /,
  );
  expect(readFileSync(file, "utf8")).toBe(text);
});

it("a list that did not change keeps its version over a restart", () => {
  write({ version: 1, peers: PEERS });
  const text = open().read();
  expect(open().read()).toBe(text);
});

it("each edit raises the version, so that no reader goes back", () => {
  write({ version: 1, peers: PEERS });
  const list = open();
  const first = list.read();
  const known = verifyList(parseList(first), {
    signerId: key.peerId,
    known: undefined,
    nowMs: NOW,
  });
  const edited: object = { ...JSON.parse(first), peers: [] };
  write(edited);
  const second = list.read();
  expect(serialOf(second)).toBe((serialOf(first) ?? 0) + 1);
  const options = { signerId: key.peerId, nowMs: NOW };
  const note = verifyList(parseList(second), { ...options, known });
  expect(() => verifyList(parseList(first), { ...options, known: note })).toThrow("not risen");
});

it("a list that is written anew, without what was signed, is one that every reader takes", () => {
  const read = createReader();
  write({ version: 1, peers: PEERS });
  read(open().read());
  write({ version: 1, peers: [] });
  read(open().read());
  // Also when the clock was set back, and while it runs.
  write({ version: 1, peers: PEERS });
  const list = open(NOW - 10_000_000);
  read(list.read());
  write({ version: 1, peers: [] });
  read(list.read());
  expect(warnings).toEqual([]);
});

it("an older signed list that was put back is signed anew, and one of before this rule goes on", () => {
  const read = createReader();
  const old = sign(7, "wss://a.example/");
  writeFileSync(file, old);
  const list = open();
  expect(list.read()).toBe(old);
  read(old);
  writeFileSync(file, sign(8, "wss://bb.example/"));
  read(list.read());
  writeFileSync(file, old);
  const again = list.read();
  read(again);
  expect(parseList(again).peers).toEqual(parseList(old).peers);
});

it("a lost or broken number beside the key is told, and the clock takes its place", () => {
  const read = createReader();
  write({ version: 1, peers: PEERS });
  read(open().read());
  writeFileSync(path.join(folder, "list-serial"), "many");
  write({ version: 1, peers: [] });
  read(open(NOW + 5_000).read());
  expect(warnings).toEqual([expect.stringContaining("list-serial")]);
});

it("a number that cannot be kept is told, and the clock numbers the lists", () => {
  const read = createReader();
  const nowhere = path.join(folder, "gone");
  write({ version: 1, peers: PEERS });
  read(open(NOW, nowhere).read());
  write({ version: 1, peers: [] });
  read(open(NOW + 5_000, nowhere).read());
  expect(warnings).toHaveLength(2);
  expect(warnings[0]).toContain("list-serial");
});

it("an edit that makes no sense is told, and the list of before is served", () => {
  write({ version: 1, peers: PEERS });
  const list = open();
  const text = list.read();
  writeFileSync(file, '{"version":1,"peers":');
  expect([list.read(), list.read()]).toEqual([text, text]);
  expect(warnings).toEqual([expect.stringContaining("the list of before is served")]);
  expect(readFileSync(file, "utf8")).toBe('{"version":1,"peers":');
});

it("another peer's signed list is served as it is, and not after it was altered", () => {
  const peers = [{ peerId: key.peerId, url: "wss://b.example/" }];
  const signed = signList(otherKey, { peers, serial: 9, updatedAtMs: NOW });
  writeFileSync(file, signed);
  expect(open().read()).toBe(signed);
  const changed: object = { ...JSON.parse(signed), peers: [] };
  write(changed);
  expect(open).toThrow(expect.objectContaining({ code: "unusable_file" }));
});

it("entries that are no peers are left out, and counted", () => {
  write({ version: 1, peers: [...PEERS, ...PEERS, { peer_id: "x", ws_url: "http://c.example" }] });
  expect(parseList(open().read()).peers).toHaveLength(1);
  expect(warnings).toEqual([expect.stringContaining("2 entries")]);
});

it.each([
  ["is not there", undefined],
  ["is no JSON", "peers"],
  ["is of another version", '{"version":2,"peers":[]}'],
  ["is too large", `{"version":1,"peers":[]}${" ".repeat(300_000)}`],
])("a file that %s is refused by name", (_what, text) => {
  if (text !== undefined) writeFileSync(file, text);
  expect(open).toThrow(file);
});
