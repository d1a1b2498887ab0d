import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  confirmBackup,
  createIdentity,
  findIdentity,
  isBackupConfirmed,
  lookForIdentity,
  removeStoredWords,
  renameIdentity,
  type IdentityFolder,
} from "./identity-file.ts";

const ACCOUNT = { accountId: "default", username: "openclaw" };
const IDENTITY = {
  ...ACCOUNT,
  userId: "demo1example",
  mnemonic: "legal winner thank year",
  createdAt: "2026-11-21T00:00:00.000Z",
};

let stateDir = "";
const home = () => ({ stateDir, channelId: "demo" });
let parent = "";
let file = "";

beforeEach(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), "demo-identity-"));
  parent = path.join(stateDir, "sessions", "demo");
  file = path.join(parent, "openclaw", "session.json");
});

afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

async function createOne(): Promise<IdentityFolder> {
  const created = await createIdentity(home(), IDENTITY);
  if (created === undefined) throw new Error("the folder was taken");
  return created;
}

describe("a stored identity", () => {
  it("is found again with everything it held", async () => {
    const created = await createOne();
    expect(created.path).toBe(path.dirname(file));
    await expect(findIdentity(home(), ACCOUNT)).resolves.toEqual(created);
  });

  it("lies in files and folders that only this user can open, even without a umask", async () => {
    const umask = process.umask(0);
    try {
      await createOne();
    } finally {
      process.umask(umask);
    }
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    expect(statSync(parent).mode & 0o777).toBe(0o700);
  });

  it("is closed again when somebody opened it up", async () => {
    await createOne();
    chmodSync(file, 0o644);
    chmodSync(path.dirname(file), 0o755);
    await findIdentity(home(), ACCOUNT);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
  });

  it("is not there when nothing is there", async () => {
    await expect(findIdentity(home(), ACCOUNT)).resolves.toBeUndefined();
  });

  it("is not replaced by a second creation", async () => {
    await createOne();
    const second = await createIdentity(home(), { ...IDENTITY, userId: "demo1other" });
    expect(second).toBeUndefined();
    expect(readFileSync(file, "utf8")).toContain("demo1example");
    expect(readdirSync(parent)).toEqual(["openclaw"]);
  });

  it("is created by exactly one of several starts at once", async () => {
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        createIdentity(home(), { ...IDENTITY, userId: `demo1number${index}` }),
      ),
    );
    const created = results.filter((result) => result !== undefined);
    expect(created).toHaveLength(1);
    expect(readFileSync(file, "utf8")).toContain(created[0]?.record.userId);
  });

  it("leaves no half-made folder of an earlier crash behind", async () => {
    const unfinished = path.join(parent, ".new-0011223344556677");
    mkdirSync(unfinished, { recursive: true });
    utimesSync(unfinished, new Date(0), new Date(0));
    await createOne();
    expect(readdirSync(parent)).toEqual(["openclaw"]);
  });
});

describe("a damaged identity is refused, never replaced", () => {
  it("at every length it can be cut to", async () => {
    await createOne();
    const whole = readFileSync(file);
    const lastBrace = whole.lastIndexOf("}".charCodeAt(0));
    for (let length = 0; length <= lastBrace; length += 1) {
      writeFileSync(file, whole);
      truncateSync(file, length);
      await expect(findIdentity(home(), ACCOUNT)).rejects.toMatchObject({
        code: "identity_unreadable",
      });
    }
  });

  it("when session.json is gone but the databases are there", async () => {
    const { path: folder } = await createOne();
    rmSync(file);
    writeFileSync(path.join(folder, "demo.db"), "data");
    await expect(findIdentity(home(), ACCOUNT)).rejects.toMatchObject({
      code: "identity_unreadable",
    });
    await expect(createIdentity(home(), IDENTITY)).resolves.toBeUndefined();
  });

  it("when a newer version wrote it, and says so", async () => {
    await createOne();
    writeFileSync(file, JSON.stringify({ version: 3, anything: true }));
    await expect(findIdentity(home(), ACCOUNT)).rejects.toMatchObject({
      code: "identity_newer",
      message: expect.stringContaining("openclaw plugins update demo"),
    });
  });

  it("when it has fields that this version does not know", async () => {
    await createOne();
    writeFileSync(file, JSON.stringify({ version: 1, ...IDENTITY, more: 1 }));
    await expect(findIdentity(home(), ACCOUNT)).rejects.toMatchObject({
      code: "identity_unreadable",
    });
  });

  it("when it is a symbolic link", async () => {
    await createOne();
    const elsewhere = path.join(stateDir, "elsewhere.json");
    writeFileSync(elsewhere, readFileSync(file));
    rmSync(file);
    symlinkSync(elsewhere, file);
    await expect(findIdentity(home(), ACCOUNT)).rejects.toMatchObject({
      code: "identity_unsafe",
    });
  });

  it("when its folder is a symbolic link", async () => {
    const { path: folder } = await createOne();
    mkdirSync(path.join(stateDir, "away"));
    rmSync(folder, { recursive: true });
    writeFileSync(path.join(stateDir, "away", "session.json"), "{}");
    symlinkSync(path.join(stateDir, "away"), folder);
    await expect(findIdentity(home(), ACCOUNT)).rejects.toMatchObject({
      code: "identity_unsafe",
    });
  });

  it("when it lies under another name after a rename and cannot be read", async () => {
    await createOne();
    truncateSync(file, 10);
    await expect(findIdentity(home(), { ...ACCOUNT, username: "new name" })).rejects.toMatchObject({
      code: "identity_unreadable",
    });
  });

  it("when somebody only looks as well, who changes nothing and is told the folder", async () => {
    const { path: folder } = await createOne();
    expect(await lookForIdentity(home(), ACCOUNT)).toMatchObject({ path: folder });
    truncateSync(file, 10);
    chmodSync(file, 0o644);
    chmodSync(folder, 0o755);
    expect(await lookForIdentity(home(), { ...ACCOUNT, username: "new name" })).toMatchObject({
      path: folder,
      trouble: { code: "identity_unreadable" },
    });
    expect([file, folder].map((one) => statSync(one).mode & 0o777)).toEqual([0o644, 0o755]);
  });

  it("and the message names the intact previous generation, without any word of it", async () => {
    const folder = await renameIdentity(await createOne(), "OpenClaw");
    truncateSync(path.join(folder.path, "session.json"), 5);
    const error = await findIdentity(home(), ACCOUNT).catch((cause: unknown) => cause);
    expect(String(error)).toContain(path.join(folder.path, "session.previous.json"));
    expect(String(error)).not.toMatch(/legal|winner/);
  });
});

describe("a username", () => {
  it("moves the folder and keeps the identity when it changes", async () => {
    await createOne();
    const renamed = { ...ACCOUNT, username: "Marvin" };
    const found = await findIdentity(home(), renamed);
    if (found === undefined) throw new Error("not found");
    await renameIdentity(found, renamed.username);
    expect(readdirSync(parent)).toEqual(["marvin"]);
    const after = await findIdentity(home(), renamed);
    expect(after?.record).toMatchObject({ userId: IDENTITY.userId, username: "Marvin" });
  });

  it("of another account is refused", async () => {
    await createOne();
    await expect(
      findIdentity(home(), { accountId: "second", username: "OpenClaw" }),
    ).rejects.toMatchObject({ code: "username_taken" });
  });

  it("cannot be changed to one whose folder is in use", async () => {
    const first = await createOne();
    await createIdentity(home(), { ...IDENTITY, accountId: "second", username: "other" });
    await expect(renameIdentity(first, "other")).rejects.toMatchObject({ code: "username_taken" });
    expect(readdirSync(parent).toSorted()).toEqual(["openclaw", "other"]);
  });
});

describe("recovery words", () => {
  it("leave every file when they are kept elsewhere", async () => {
    await removeStoredWords(await createOne());
    const folder = path.dirname(file);
    const texts = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), "utf8"));
    expect(texts.join("")).not.toContain("winner");
    const found = await findIdentity(home(), ACCOUNT);
    expect(found?.record).toMatchObject({ userId: IDENTITY.userId });
    expect(found?.record.mnemonic).toBeUndefined();
  });

  it("leave the previous generation first, so that a start which is cut short is made up for", async () => {
    const created = await createOne();
    const confirmed = await confirmBackup(created, new Date("2026-11-22T00:00:00.000Z"));
    rmSync(file);
    mkdirSync(file);
    // A folder cannot be replaced by a file: as if the process ended there.
    await expect(removeStoredWords(confirmed)).rejects.toThrow("directory");
    const previous = path.join(path.dirname(file), "session.previous.json");
    expect(readFileSync(previous, "utf8")).not.toContain("winner");
  });
});

describe("the mark of a confirmed backup", () => {
  it("is not there at first, and stays once it was set", async () => {
    const created = await createOne();
    expect(isBackupConfirmed(created.record)).toBe(false);
    await confirmBackup(created, new Date("2026-11-22T00:00:00.000Z"));
    const found = await findIdentity(home(), ACCOUNT);
    expect(found?.record).toEqual({
      version: 2,
      ...IDENTITY,
      backupConfirmedAt: "2026-11-22T00:00:00.000Z",
    });
    expect(found && isBackupConfirmed(found.record)).toBe(true);
  });

  it("leaves a record without it readable by the version before", async () => {
    await createOne();
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ version: 1 });
  });

  it("is not needed for words that live elsewhere", async () => {
    const moved = await removeStoredWords(await createOne());
    expect(isBackupConfirmed(moved.record)).toBe(true);
  });
});
