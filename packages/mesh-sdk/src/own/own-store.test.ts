import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { meshKeyFromSeed } from "../identity/mesh-key.ts";
import { signMessage } from "../message/sign-message.ts";
import { openOwnStore, type OwnStore } from "./own-store.ts";

const key = meshKeyFromSeed(new Uint8Array(32).fill(7));
const otherKey = meshKeyFromSeed(new Uint8Array(32).fill(8));
const NOW_MS = 1_795_000_000_000;

let folder = "";
let file = "";
let store: OwnStore;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "own-store-"));
  file = path.join(folder, "own.sqlite");
  store = openOwnStore(file, key);
});

afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

function reopen(): void {
  store.close();
  store = openOwnStore(file, key);
}

function messageOf(body: string) {
  const nonce = new Uint8Array(16);
  return signMessage(key, { channelId: "lobby", body, timestampMs: NOW_MS, nonce }).message;
}

describe("sent messages", () => {
  it("are found by their key, whole until they are confirmed, also after a restart", () => {
    const message = messageOf("hello");
    const id = store.sent.insert("k", message, NOW_MS);
    reopen();
    const receipt = { channelId: "lobby", messageId: message.messageId };
    expect(store.sent.find("k")).toEqual({ id, receipt, message });
    expect(store.sent.unconfirmed()).toEqual([{ id, message }]);
    store.sent.confirm([id]);
    expect(store.sent.find("k")).toEqual({ id, receipt, message: undefined });
    expect(store.sent.unconfirmed()).toEqual([]);
    expect(store.sent.find("another")).toBeUndefined();
  });

  it("are not forgotten before they are confirmed, however old", () => {
    const confirmed = store.sent.insert("confirmed", messageOf("a"), NOW_MS);
    store.sent.insert("not", messageOf("b"), NOW_MS);
    store.sent.confirm([confirmed]);
    store.sent.prune(NOW_MS + 1);
    expect(store.sent.find("confirmed")).toBeUndefined();
    expect(store.sent.find("not")).toBeDefined();
  });

  it("happen with their number or not at all", () => {
    const fail = (): void =>
      store.transaction(() => {
        store.sent.setChain("lobby", { seq: 1, prev: "x" });
        store.sent.insert("k", messageOf("a"), NOW_MS);
        throw new RangeError("in the middle");
      });
    expect(fail).toThrow(RangeError);
    expect(store.sent.chain("lobby")).toBeUndefined();
    expect(store.sent.find("k")).toBeUndefined();
  });
});

describe("contacts", () => {
  it("remember who has answered, when we knocked, and a prekey, which a stranger cannot leave", () => {
    const { contacts } = store;
    contacts.writePrekey(otherKey.peerId, "too early");
    contacts.note(otherKey.peerId, "ours", NOW_MS);
    expect(contacts.readPrekey(otherKey.peerId)).toBeUndefined();
    contacts.noteKnock(otherKey.peerId, NOW_MS);
    contacts.writePrekey(otherKey.peerId, "prekey");
    contacts.note(otherKey.peerId, "theirs", NOW_MS);
    reopen();
    expect(store.contacts.all()).toEqual([
      { peerId: otherKey.peerId, hasAnswered: true, knockedMs: NOW_MS },
    ]);
    expect(store.contacts.readPrekey(otherKey.peerId)).toBe("prekey");
  });

  it("are bounded: strangers who knock push out strangers, never those we write to", () => {
    store.transaction(() => {
      store.contacts.note(otherKey.peerId, "ours", 0);
      for (let n = 0; n < 300; n += 1) store.contacts.note(`stranger ${n}`, "theirs", NOW_MS + n);
    });
    const known = store.contacts.all().map(({ peerId }) => peerId);
    expect(known).toHaveLength(257);
    expect(known).toContain(otherKey.peerId);
    expect(known).toContain("stranger 299");
    expect(known).not.toContain("stranger 0");
  });
});

it("keeps prekeys, and what waits for one, and loses what is removed", () => {
  const bytes = new Uint8Array(32).fill(3);
  const prekey = {
    version: 5,
    publicKey: bytes,
    privateKey: bytes,
    createdAtMs: 1,
    expiresAtMs: 2,
  };
  store.prekeys.put(prekey);
  store.waiting.insert({ key: "k", peerId: otherKey.peerId, body: "later" }, NOW_MS);
  reopen();
  expect(store.prekeys.list()).toEqual([prekey]);
  expect(store.waiting.has("k")).toBe(true);
  const [waiting] = store.waiting.all();
  expect(waiting?.message).toEqual({ key: "k", peerId: otherKey.peerId, body: "later" });
  store.prekeys.remove(5);
  store.waiting.remove(waiting?.id ?? 0);
  reopen();
  expect([store.prekeys.list(), store.waiting.count()]).toEqual([[], 0]);
});

it("says nothing in clear, and opens for its key alone", () => {
  store.waiting.insert({ key: "k", peerId: otherKey.peerId, body: "the canary" }, NOW_MS);
  store.contacts.note(otherKey.peerId, "ours", NOW_MS);
  store.close();
  const text = readFileSync(file).toString("latin1");
  expect(text).not.toContain("canary");
  expect(text).not.toContain(otherKey.peerId);
  expect(() => openOwnStore(file, otherKey)).toThrow(
    expect.objectContaining({ code: "wrong_key" }),
  );
  store = openOwnStore(file, key);
});
