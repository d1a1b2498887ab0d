// What the sealed store of every SDK promises, as a suite that each SDK's tests run over its own.
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Sealer } from "sdk-kit";
import { afterEach, beforeEach, expect, it } from "vitest";

const OUR_KEY = new Uint8Array(32).fill(1);
const OTHER_KEY = new Uint8Array(32).fill(2);

/** What somebody wrote; a store fills it into every table that keeps contents. */
export const STORED_TEXT = "the canary sings in clear text";

/** One SDK's store, as the suite drives it. */
export interface StoreSubject<TStore extends { close(): void }> {
  /** The SDK's error class. */
  readonly StoreError: abstract new (...args: never[]) => Error & { readonly code: string };
  readonly createSealer: (storageKey: Uint8Array) => Sealer;
  /** Opens or creates the store of the identity with this key of 32 bytes. */
  readonly open: (file: string, storageKey: Uint8Array) => TStore;
  /** Puts a row into every table, with {@link STORED_TEXT} in each one that keeps contents. */
  readonly fill: (store: TStore) => void;
  /** What else of `fill` no file may show: ids of people and messages. */
  readonly hidden: readonly Uint8Array[];
  /**
   * Made by the first version under 32 bytes of 1: the mark of the key in hexadecimal, and the text "sealed before" in the
   * table `meta` under the row "row", in base64. With another label no database that exists could be opened.
   */
  readonly firstVersion: {
    readonly applicationId: number;
    readonly keyCheck: string;
    readonly sealed: string;
  };
}

/** Tests that a store seals what it keeps, belongs to its owner, and is refused rather than changed or replaced. */
export function testSealedStore<TStore extends { close(): void }>(
  subject: StoreSubject<TStore>,
): void {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "sealed-store-"));
    file = path.join(folder, "account", "store.db");
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const filled = (): void => {
    const store = subject.open(file, OUR_KEY);
    subject.fill(store);
    store.close();
  };

  const codeOfOpening = (name = file, storageKey = OUR_KEY): string => {
    try {
      subject.open(name, storageKey).close();
      return "no error";
    } catch (error) {
      return error instanceof subject.StoreError ? error.code : String(error);
    }
  };

  /** Changes a filled database, tries to open it, and says what became of both. */
  const attempt = (
    change: () => void,
    storageKey = OUR_KEY,
  ): { code: string; touched: boolean } => {
    rmSync(path.dirname(file), { recursive: true, force: true });
    filled();
    change();
    const before = readFileSync(file);
    const code = codeOfOpening(file, storageKey);
    return { code, touched: Buffer.compare(before, readFileSync(file)) !== 0 };
  };

  const execute = (sql: string): void => {
    const database = new DatabaseSync(file);
    database.exec(`${sql}; PRAGMA wal_checkpoint(TRUNCATE)`);
    database.close();
  };

  it("shows nothing of what it keeps in any file", () => {
    filled();
    const store = subject.open(file, OUR_KEY);
    const files = [file, `${file}-wal`].map((name) => readFileSync(name));
    store.close();
    const clear = [Buffer.from(STORED_TEXT), ...subject.hidden];
    const found = [...files, readFileSync(file)].flatMap((bytes) =>
      clear.filter((needle) => bytes.includes(Buffer.from(needle))),
    );
    expect(found).toEqual([]);
  });

  it("opens what the first version wrote: mark, keys and seal are the same", () => {
    filled();
    const database = new DatabaseSync(file, { readOnly: true });
    const mark = database.prepare("PRAGMA application_id").get()?.["application_id"];
    const check = database.prepare("SELECT hex(value) AS bytes FROM meta WHERE name = 'key_check'");
    const keyCheck = check.get()?.["bytes"];
    database.close();
    expect({ mark, keyCheck }).toEqual({
      mark: subject.firstVersion.applicationId,
      keyCheck: subject.firstVersion.keyCheck.toUpperCase(),
    });
    const sealed = Buffer.from(subject.firstVersion.sealed, "base64");
    const opened = subject.createSealer(OUR_KEY).open("meta", Buffer.from("row"), sealed);
    expect(Buffer.from(opened).toString()).toBe("sealed before");
  });

  it("keeps its files readable by the owner alone, whatever the umask", () => {
    const before = process.umask(0);
    try {
      filled();
      const store = subject.open(file, OUR_KEY);
      const modes = [path.dirname(file), file, `${file}-wal`].map(
        (name) => statSync(name).mode & 0o777,
      );
      store.close();
      expect(modes).toEqual([0o700, 0o600, 0o600]);
    } finally {
      process.umask(before);
    }
  });

  it("closes its file to others again when somebody opened it up", () => {
    filled();
    chmodSync(file, 0o644);
    subject.open(file, OUR_KEY).close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("is refused when a link leads elsewhere, or the folder is open to others", () => {
    filled();
    const elsewhere = path.join(folder, "elsewhere");
    const link = path.join(elsewhere, "store.db");
    mkdirSync(elsewhere, { mode: 0o700 });
    symlinkSync(file, link);
    expect(codeOfOpening(link)).toBe("insecure_state_path");
    rmSync(link);
    linkSync(file, link);
    expect(codeOfOpening(link)).toBe("insecure_state_path");
    rmSync(link);
    const linkedFolder = path.join(folder, "linked");
    symlinkSync(path.dirname(file), linkedFolder);
    expect(codeOfOpening(path.join(linkedFolder, "store.db"))).toBe("insecure_state_path");
    chmodSync(elsewhere, 0o777);
    expect(codeOfOpening(link)).toBe("insecure_state_path");
  });

  it("serves one client at a time", () => {
    const store = subject.open(file, OUR_KEY);
    expect(codeOfOpening()).toBe("locked");
    store.close();
    expect(codeOfOpening()).toBe("no error");
  });

  it("is refused and left alone when another identity or a newer version made it", () => {
    expect(attempt(() => {}, OTHER_KEY)).toEqual({ code: "wrong_key", touched: false });
    expect(attempt(() => execute("PRAGMA user_version = 1000"))).toEqual({
      code: "state_newer",
      touched: false,
    });
  });

  it("is refused and left alone when it is empty, another file, or another program's", () => {
    const unreadable = { code: "state_unreadable", touched: false };
    expect(attempt(() => truncateSync(file, 0))).toEqual(unreadable);
    expect(attempt(() => writeFileSync(file, randomBytes(9000)))).toEqual(unreadable);
    expect(attempt(() => execute("PRAGMA application_id = 7"))).toEqual(unreadable);
    expect(attempt(() => execute("CREATE TABLE x (y)"))).toMatchObject({
      code: "state_unreadable",
    });
  });

  it("is refused when the write-ahead log is all that is left of it", () => {
    filled();
    cpSync(file, `${file}-wal`);
    rmSync(file);
    expect(codeOfOpening()).toBe("state_unreadable");
  });

  it("is refused, wherever its file is cut off", () => {
    filled();
    const whole = readFileSync(file);
    const outcomes = new Set<string>();
    for (let length = 0; length < whole.length; length += 512) {
      writeFileSync(file, whole.subarray(0, length));
      outcomes.add(codeOfOpening());
    }
    expect([...outcomes]).toEqual(["state_unreadable"]);
  });
}
