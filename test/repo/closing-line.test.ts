import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { isFailure } from "../../scripts/test/counts.ts";

const REPORTER = fileURLToPath(new URL("../closing-line-reporter.ts", import.meta.url));
const SUITES = `
describe("cannot begin", () => {
  beforeAll(() => { throw new Error("no stage"); });
  it("is never run", () => {});
});
describe("cannot end", () => {
  afterAll(() => { throw new Error("still there"); });
  it("passes", () => {});
});
it("fails", () => { throw new Error("wrong"); });
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "closing-line-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("a suite that cannot begin or end is named and counted, beside the tests that fail", () => {
  writeFileSync(path.join(folder, "some.test.js"), SUITES);
  const args = ["run", "--globals", "--root", folder, `--reporter=${REPORTER}`];
  const { stdout, status } = spawnSync("vitest", args, { encoding: "utf8" });
  const lines = stdout.trim().split("\n");
  const file = path.relative(process.cwd(), path.join(folder, "some.test.js"));
  expect(lines.filter((line) => isFailure(line))).toEqual([
    `failed: ${file} > cannot begin: no stage`,
    `failed: ${file} > cannot end: still there`,
    `failed: ${file} > fails: wrong`,
  ]);
  expect(lines.at(-1)).toBe("tests: 1 passed, 3 failed, 1 skipped");
  expect(status).toBe(1);
});
