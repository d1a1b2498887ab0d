import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const IMPORT = /^(?:import|export)\b(?<clause>[^"']*?)\bfrom "(?<from>[^"]+)";$/gmu;

/** Packages that a file loads, itself and through the files that it imports; types are not loaded. */
function packagesOf(file: URL, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(file.href)) return new Set();
  seen.add(file.href);
  const packages = new Set<string>();
  for (const { groups } of readFileSync(file, "utf8").matchAll(IMPORT)) {
    const from = groups?.["from"] ?? "";
    if (/^\s*type\b/u.test(groups?.["clause"] ?? "")) continue;
    if (!from.startsWith(".")) packages.add(from);
    else for (const name of packagesOf(new URL(from, file), seen)) packages.add(name);
  }
  return packages;
}

it("loads no native module, no mnemonic list and nothing that opens a connection", () => {
  const loaded = [...packagesOf(new URL("index.ts", import.meta.url))].toSorted();
  expect(loaded).toEqual([
    "@noble/curves/secp256k1.js",
    "@noble/hashes/sha3.js",
    "@scure/base",
    "node:crypto",
    "node:zlib",
    "zod",
  ]);
});
