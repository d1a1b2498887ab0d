import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeEach, afterEach, describe, expect, it } from "vitest";
import { TemporaryStore, TEST_KEY } from "../test-support/temporary-store.ts";
import { openIngressQueue } from "./ingress-queue.ts";
import { SCHEMA_VERSION } from "./schema.ts";
import { openDurableStore } from "./store.ts";

let temporary: TemporaryStore;

beforeEach(() => {
  temporary = new TemporaryStore();
});
afterEach(() => {
  temporary[Symbol.dispose]();
});

function permissions(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

/** Name and bytes of every file in the account's folder. */
function snapshot(): Record<string, string> {
  const folder = dirname(temporary.path);
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString("hex")]),
  );
}

/** Writes a database that some program left here. */
function writeDatabase(sql: string): void {
  mkdirSync(dirname(temporary.path), { recursive: true });
  const database = new DatabaseSync(temporary.path);
  database.exec(sql);
  database.close();
}

describe("openDurableStore", () => {
  it("keeps the file and its companions to the owner, in a folder of the owner", () => {
    temporary.store.write(() => temporary.store.run("DELETE FROM outbox"));
    const folder = dirname(temporary.path);
    expect(permissions(folder)).toBe("700");
    for (const name of readdirSync(folder)) {
      expect([name, permissions(join(folder, name))]).toEqual([name, "600"]);
    }
    expect(readdirSync(folder)).toContain("durable.sqlite-wal");
  });

  it("takes read permission away from others on a file that has it", () => {
    temporary.store.close();
    chmodSync(temporary.path, 0o644);
    temporary.reopen();
    expect(permissions(temporary.path)).toBe("600");
  });

  it("commits to the disk, not to the operating system's cache", () => {
    expect(temporary.store.get("PRAGMA journal_mode")).toEqual({ journal_mode: "wal" });
    const FULL = 2;
    expect(temporary.store.get("PRAGMA synchronous")).toEqual({ synchronous: FULL });
  });

  it("has after a restart what was committed before", () => {
    temporary.store.write(() =>
      temporary.store.run("INSERT INTO meta (name, value) VALUES ('probe', x'01')"),
    );
    const reopened = temporary.reopen();
    expect(reopened.get("SELECT value FROM meta WHERE name = 'probe'")).toEqual({
      value: Uint8Array.of(1),
    });
  });

  it("begins anew over what a crash during the first start leaves", () => {
    mkdirSync(dirname(temporary.path), { recursive: true });
    writeFileSync(`${temporary.path}.new`, "half a data");
    expect(temporary.store.get("SELECT count(*) AS n FROM ingress")).toEqual({ n: 0 });
    expect(existsSync(`${temporary.path}.new`)).toBe(false);
  });

  it.each([0, 50, 100, 4096, 8192])("refuses a file cut to %i bytes and leaves it so", (bytes) => {
    temporary.store.close();
    truncateSync(temporary.path, bytes);
    const before = readFileSync(temporary.path);
    expect(() => temporary.open()).toThrow(expect.objectContaining({ code: "state_unreadable" }));
    expect(readFileSync(temporary.path)).toEqual(before);
  });

  it.each(["", "-wal", "-shm", "-journal"])(
    "refuses a link or a second name at its name%s",
    (suffix) => {
      temporary.store.close();
      const elsewhere = join(temporary.folder, "elsewhere");
      renameSync(temporary.path, elsewhere);
      if (suffix !== "") copyFileSync(elsewhere, temporary.path);
      linkSync(elsewhere, `${temporary.path}${suffix}`);
      expect(() => temporary.open()).toThrow(expect.objectContaining({ code: "state_unreadable" }));
      rmSync(`${temporary.path}${suffix}`);
      symlinkSync(elsewhere, `${temporary.path}${suffix}`);
      expect(() => temporary.open()).toThrow(expect.objectContaining({ code: "state_unreadable" }));
    },
  );

  it("refuses a file sealed under another key and leaves it as it was", () => {
    temporary.store.close();
    const before = snapshot();
    expect(() => openDurableStore({ path: temporary.path, key: new Uint8Array(32) })).toThrow(
      expect.objectContaining({ code: "wrong_key" }),
    );
    expect(snapshot()).toEqual(before);
  });

  it("takes a file of the first version over, with what is in it", () => {
    temporary.store.run(
      `INSERT INTO ingress (id_tag, lane_tag, status, head, payload, received_at, updated_at)
         VALUES ('id', 'lane', 'pending', x'00', x'0102', 1, 1)`,
    );
    temporary.store.close();
    const database = new DatabaseSync(temporary.path);
    database.exec("DROP INDEX ingress_waiting; PRAGMA user_version = 1;");
    database.close();
    const count =
      "SELECT sum(length(payload)) AS bytes FROM ingress INDEXED BY ingress_waiting WHERE status = 'pending'";
    expect(temporary.reopen().get(count)).toEqual({ bytes: 2 });
    expect(temporary.store.get("PRAGMA user_version")).toEqual({ user_version: SCHEMA_VERSION });
    expect(temporary.reopen().get(count)).toEqual({ bytes: 2 });
  });

  it("refuses a file of the first version whose tables are not ours", () => {
    temporary.store.close();
    const database = new DatabaseSync(temporary.path);
    database.exec("DROP INDEX ingress_waiting; DROP INDEX ingress_age; PRAGMA user_version = 1;");
    database.close();
    expect(() => temporary.open()).toThrow(expect.objectContaining({ code: "state_unreadable" }));
  });

  it("refuses a file of a newer version and leaves it as it was", () => {
    temporary.store.close();
    const database = new DatabaseSync(temporary.path);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}; CREATE TABLE novelty (x);`);
    database.close();
    const before = snapshot();
    expect(() => temporary.open()).toThrow(expect.objectContaining({ code: "state_newer" }));
    expect(snapshot()).toEqual(before);
  });

  it.each([
    ["another program's marked database", "PRAGMA application_id = 99; CREATE TABLE t (x);"],
    ["another program's versioned database", "PRAGMA user_version = 1; CREATE TABLE t (x);"],
    ["another program's unmarked database", "CREATE TABLE t (x);"],
  ])("refuses %s and leaves it as it was", (_name, sql) => {
    writeDatabase(sql);
    expect(() => temporary.open()).toThrow(expect.objectContaining({ code: "state_unreadable" }));
    const database = new DatabaseSync(temporary.path, { readOnly: true });
    expect(database.prepare("SELECT name FROM sqlite_schema").all()).toEqual([{ name: "t" }]);
    database.close();
  });

  it("refuses what is not a database and leaves it as it was", () => {
    mkdirSync(dirname(temporary.path), { recursive: true });
    writeFileSync(temporary.path, "a letter to my grandmother".repeat(10));
    const before = snapshot();
    expect(() => temporary.open()).toThrow(expect.objectContaining({ code: "state_unreadable" }));
    expect(snapshot()).toEqual(before);
  });

  it("does not follow a symbolic link", () => {
    mkdirSync(dirname(temporary.path), { recursive: true });
    const elsewhere = join(temporary.folder, "elsewhere");
    writeFileSync(elsewhere, "");
    symlinkSync(elsewhere, temporary.path);
    expect(() => temporary.open()).toThrow(expect.objectContaining({ code: "state_unreadable" }));
    expect(readFileSync(elsewhere)).toHaveLength(0);
  });

  it("undoes a transaction that throws", () => {
    const { store } = temporary;
    expect(() =>
      store.write(() => {
        store.run("INSERT INTO meta (name, value) VALUES ('probe', x'01')");
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(store.get("SELECT 1 FROM meta WHERE name = 'probe'")).toBeUndefined();
  });

  it("refuses work after it was closed, and may be closed twice", () => {
    const { store } = temporary;
    store.close();
    store.close();
    expect(() => store.write(() => 1)).toThrow(expect.objectContaining({ code: "closed" }));
    expect(() => store.get("SELECT 1")).toThrow(expect.objectContaining({ code: "closed" }));
  });

  it("leaves no clear text on disk", async () => {
    const queue = openIngressQueue<string>({
      store: temporary.store,
      channelId: "canary-channel",
      accountId: "default",
      tryParsePayload: (value) => (typeof value === "string" ? value : undefined),
    });
    await queue.enqueue("canary-id", "canary-payload", {
      laneKey: "canary-lane",
      metadata: { note: "canary-metadata" },
    });
    await queue.fail("canary-id", { reason: "canary-reason", message: "canary-message" });
    const files = Object.values(snapshot()).map((hex) =>
      Buffer.from(hex, "hex").toString("latin1"),
    );
    expect(files.join("")).not.toContain("canary");
    expect(files.join("")).not.toContain(Buffer.from(TEST_KEY).toString("latin1"));
  });
});
