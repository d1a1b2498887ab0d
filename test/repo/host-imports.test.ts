import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { readJson } from "../support/read-json.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const HOST = path.join(ROOT, "node_modules", "openclaw");
/** What is shipped to users and may import the host. */
const SHIPPED = [
  "extensions",
  "packages/channel-access",
  "packages/channel-durability",
  "packages/channel-kit",
];

const HostPackageSchema = z.looseObject({
  exports: z.record(
    z.string(),
    z.union([z.string(), z.looseObject({ types: z.string().optional() })]),
  ),
});

function listSources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !/[/\\](node_modules|dist|test-support)[/\\]|\.test\.ts$/.test(file));
}

/** Host modules in use, types included: a type that goes breaks the next build as well. */
const used = [
  ...new Set(
    SHIPPED.flatMap((folder) => listSources(path.join(ROOT, folder)))
      .flatMap((file) => ts.preProcessFile(readFileSync(file, "utf8")).importedFiles)
      .map(({ fileName }) => fileName)
      .filter((name) => name === "openclaw" || name.startsWith("openclaw/")),
  ),
].toSorted();

const { exports } = readJson(path.join(HOST, "package.json"), HostPackageSchema);
const docs = listDocs()
  .map((file) => readFileSync(file, "utf8"))
  .join("\n");

function listDocs(): string[] {
  return readdirSync(path.join(HOST, "docs", "plugins"), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".md"))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

describe("imports of the host", () => {
  it("there are some", () => {
    expect(used).toContain("openclaw/plugin-sdk/channel-core");
  });

  it.each(used)("%s is exported with types and documented", (name) => {
    const entry = exports[name.replace("openclaw", ".")];
    const types = typeof entry === "object" ? entry.types : undefined;
    expect(types).toBeTypeOf("string");
    expect(existsSync(path.join(HOST, types ?? ""))).toBe(true);
    const subpath = name.replace("openclaw/", "");
    expect(docs).toMatch(new RegExp(String.raw`\b${subpath}\b(?!-)`));
  });
});
