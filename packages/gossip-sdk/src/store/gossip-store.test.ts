import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { STORED_TEXT, testSealedStore } from "sdk-kit/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SecretBytes } from "../crypto/secret-bytes.ts";
import { GossipError } from "../errors.ts";
import { userIdFromBytes, userIdToBytes } from "../identity/user-id.ts";
import { createSealer } from "./database.ts";
import { openStore, type GossipStore } from "./gossip-store.ts";

const IDENTITY = { storageKey: new SecretBytes(new Uint8Array(32).fill(1)) };
const PEER = userIdFromBytes(new Uint8Array(32).fill(3));
const OTHER_PEER = userIdFromBytes(new Uint8Array(32).fill(4));
const MESSAGE_ID = new Uint8Array(12).fill(5);
const CANARY = Buffer.from(STORED_TEXT);

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "gossip-store-"));
  file = path.join(folder, "account", "gossip.db");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A row in every table. */
function fill(store: GossipStore): void {
  store.transaction(() => {
    store.conversations.save(PEER, CANARY);
    const row = { peer: PEER, messageId: MESSAGE_ID, status: "ready", nowMs: 1_000 };
    store.outgoing.insert({ ...row, item: CANARY });
    store.incoming.insert(PEER, CANARY);
    store.seen.rememberMessage(PEER, MESSAGE_ID, CANARY, 1_000);
    store.seen.rememberAnnouncement(CANARY, 1_000);
    store.meta.set("bulletin_position", CANARY);
  });
}

/** A database with one row in every table, closed. */
function filled(): void {
  const store = openStore(file, IDENTITY);
  fill(store);
  store.close();
}

function codeOf(work: () => unknown): string {
  try {
    work();
    return "no error";
  } catch (error) {
    return error instanceof GossipError ? error.code : String(error);
  }
}

describe("the store of Gossip", () => {
  testSealedStore({
    StoreError: GossipError,
    createSealer,
    open: (name, storageKey) => openStore(name, { storageKey: new SecretBytes(storageKey) }),
    fill,
    hidden: [Buffer.from(PEER), userIdToBytes(PEER), MESSAGE_ID],
    firstVersion: {
      applicationId: 0x47535350,
      keyCheck: "eb8a92b14e2e498032cc0a83c572937b",
      sealed: "7tXlJqaXPssYWFvLKWvRC5lsjdY9lj5tl09R4ghV7qMsDbj9CCAmOm8=",
    },
  });
});

describe("a disk that fails while the store is open", () => {
  it("shows in reads as an error of the store", () => {
    const store = openStore(file, IDENTITY);
    const event = new Uint8Array(40_000);
    // More than SQLite keeps in memory.
    store.transaction(() => {
      for (let i = 0; i < 200; i += 1) store.incoming.insert(PEER, event);
    });
    store.close();
    const damaged = openStore(file, IDENTITY);
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xff, 4096));
    expect(codeOf(() => damaged.incoming.after(0, 200))).toBe("state_unreadable");
    damaged.close();
  });
});

describe("what is stored", () => {
  it("is there again after the store was opened anew", () => {
    filled();
    const store = openStore(file, IDENTITY);
    expect([...store.conversations.all()]).toEqual([new Uint8Array(CANARY)]);
    expect([...store.outgoing.unsettled()]).toMatchObject([{ id: 1, status: "ready" }]);
    expect(store.incoming.after(0, 10)).toEqual([{ id: 1, event: new Uint8Array(CANARY) }]);
    expect(store.seen.findMessage(PEER, MESSAGE_ID)).toEqual(new Uint8Array(CANARY));
    expect(store.seen.hasAnnouncement(CANARY)).toBe(true);
    expect(store.meta.get("bulletin_position")).toEqual(new Uint8Array(CANARY));
    store.close();
  });

  it("is gone from the file as soon as it is no longer needed", () => {
    filled();
    const before = readFileSync(file);
    const sealed = new DatabaseSync(file, { readOnly: true });
    const [item] = sealed
      .prepare("SELECT item, (SELECT event FROM incoming) AS event FROM outgoing")
      .all();
    sealed.close();
    const store = openStore(file, IDENTITY);
    store.transaction(() => {
      store.outgoing.settle(1, "delivered", 2_000);
      store.incoming.remove(1);
    });
    expect(store.outgoing.statusOf(PEER, MESSAGE_ID)).toBe("delivered");
    store.close();
    const purged = [item?.["item"], item?.["event"]].flatMap((bytes) =>
      bytes instanceof Uint8Array ? [Buffer.from(bytes)] : [],
    );
    expect(purged.map((bytes) => before.includes(bytes))).toEqual([true, true]);
    expect(purged.map((bytes) => readFileSync(file).includes(bytes))).toEqual([false, false]);
  });

  it("keeps ids of two peers apart", () => {
    filled();
    const store = openStore(file, IDENTITY);
    expect(store.seen.findMessage(OTHER_PEER, MESSAGE_ID)).toBeUndefined();
    expect(store.outgoing.statusOf(OTHER_PEER, MESSAGE_ID)).toBeUndefined();
    store.close();
  });

  it("never gives an event the number of one that was deleted", () => {
    const store = openStore(file, IDENTITY);
    const first = store.incoming.insert(PEER, CANARY);
    store.incoming.remove(first);
    expect(store.incoming.insert(PEER, CANARY)).toBe(first + 1);
    store.close();
  });

  it("forgets by age what was settled and seen, and nothing else", () => {
    filled();
    const store = openStore(file, IDENTITY);
    store.outgoing.pruneSettled(5_000);
    expect([...store.outgoing.unsettled()]).toHaveLength(1);
    store.outgoing.settle(1, "failed", 2_000);
    store.outgoing.pruneSettled(2_000);
    expect(store.outgoing.statusOf(PEER, MESSAGE_ID)).toBe("failed");
    store.outgoing.pruneSettled(2_001);
    store.seen.prune(1_001);
    expect(store.outgoing.statusOf(PEER, MESSAGE_ID)).toBeUndefined();
    expect(store.seen.findMessage(PEER, MESSAGE_ID)).toBeUndefined();
    store.close();
  });
});

describe("a step", () => {
  it("happens as a whole or not at all", () => {
    const store = openStore(file, IDENTITY);
    const step = (): void =>
      store.transaction(() => {
        store.conversations.save(PEER, CANARY);
        store.incoming.insert(PEER, CANARY);
        throw new Error("in the middle");
      });
    expect(step).toThrow("in the middle");
    expect([...store.conversations.all()]).toEqual([]);
    expect(store.incoming.count()).toBe(0);
    store.close();
  });

  it("fails with our own error when the disk is full, and works again when there is room", () => {
    const large = randomBytes(1024 * 1024);
    const full = openStore(file, IDENTITY, { maxPages: 30 });
    const write = (): number => full.transaction(() => full.incoming.insert(PEER, large));
    expect(codeOf(write)).toBe("state_unwritable");
    full.transaction(() => full.conversations.save(PEER, CANARY));
    full.close();
    const roomy = openStore(file, IDENTITY);
    expect(roomy.transaction(() => roomy.incoming.insert(PEER, large))).toBe(1);
    expect([...roomy.conversations.all()]).toHaveLength(1);
    roomy.close();
  });
});

describe("a sealed value", () => {
  it("is given up when a bit in it was turned, or when it was moved to another row", () => {
    filled();
    const database = new DatabaseSync(file);
    database.exec("UPDATE conversations SET state = CAST(zeroblob(8) || substr(state, 9) AS BLOB)");
    database.exec("UPDATE incoming SET id = 7");
    database.close();
    const store = openStore(file, IDENTITY);
    expect(codeOf(() => [...store.conversations.all()])).toBe("state_unreadable");
    expect(codeOf(() => store.incoming.after(0, 1))).toBe("state_unreadable");
    store.close();
  });
});
