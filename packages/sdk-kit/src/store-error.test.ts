import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { TestStoreError } from "../test-support/test-store-error.ts";
import { runAsStore } from "./store-error.ts";

const failWith = (fields: object): unknown => {
  try {
    return runAsStore(TestStoreError, () => {
      throw Object.assign(new Error("below"), fields);
    });
  } catch (error) {
    return error;
  }
};

it.each([
  [{ code: "ENOSPC" }, "state_unwritable"],
  [{ code: "EDQUOT" }, "state_unwritable"],
  [{ code: "EFBIG" }, "state_unwritable"],
  [{ code: "EIO" }, "state_unwritable"],
  [{ code: "EROFS" }, "state_unwritable"],
  [{ code: "EACCES" }, "state_unwritable"],
  [{ code: "ERR_SQLITE_ERROR", errcode: 5 }, "locked"],
  [{ code: "ERR_SQLITE_ERROR", errcode: 10 | (3 << 8) }, "state_unwritable"],
  [{ code: "ERR_SQLITE_ERROR", errcode: 11 }, "state_unreadable"],
  [{ code: "ERR_SQLITE_ERROR", errcode: 13 }, "state_unwritable"],
  [{ code: "ERR_SQLITE_ERROR", errcode: 26 }, "state_unreadable"],
])("%j is %s", (fields, code) => {
  expect(failWith(fields)).toMatchObject({ name: "TestStoreError", code, cause: fields });
});

it("lets through what is no failure of a store: a bug, or an error of the SDK", () => {
  const ours = new TestStoreError("wrong_key", "test");
  const bug = new TypeError("a bug");
  for (const error of [ours, bug, "not even an error"]) {
    const thrown = (): never => {
      throw error;
    };
    expect(() => runAsStore(TestStoreError, thrown)).toThrow(error);
  }
  expect(failWith({ errcode: 1 })).not.toBeInstanceOf(TestStoreError);
});

it("knows what SQLite itself throws", () => {
  using database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE t (v); PRAGMA max_page_count = 2");
  expect(() =>
    runAsStore(TestStoreError, () => database.exec("INSERT INTO t VALUES (zeroblob(1000000))")),
  ).toThrow(expect.objectContaining({ code: "state_unwritable" }));
});
