import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import * as z from "zod";
import { replayMeshVectors } from "../test-support/replay-mesh-vectors.ts";

const VECTORS = new URL("../vectors/mesh.json", import.meta.url);
/** Explains; nothing follows from it. */
const PROSE = new Set(["name", "note", "source", "rules"]);

const vectorFile = z.looseObject({ keys: z.array(z.unknown()) });
const text = await readFile(VECTORS, "utf8");

it("reproduces every byte and every verdict of the recorded vectors", () => {
  const checks = replayMeshVectors(JSON.parse(text));
  expect(checks.mismatches).toEqual([]);
  expect(checks.notes).toEqual([]);
  expect(checks.total).toBeGreaterThan(200);
});

it("finds every single value that was tampered with", () => {
  const { keys, ...sections } = vectorFile.parse(JSON.parse(text));
  const missed: string[] = [];
  let count = 0;
  for (const [section, vectors] of Object.entries({ keys, ...sections })) {
    for (const [index, vector] of Array.isArray(vectors) ? vectors.entries() : []) {
      for (const path of leavesOf(vector)) {
        // Inputs of a verdict: what does not verify does not verify either once it is tampered with.
        if (section === "verification" && path[0] !== "verifies") continue;
        const changed: unknown = structuredClone(vector);
        tamper(changed, path);
        const { mismatches } = replayMeshVectors({ keys, [section]: [changed] });
        if (mismatches.length === 0) missed.push([section, index, ...path].join("."));
        count += 1;
      }
    }
  }
  expect(missed).toEqual([]);
  expect(count).toBeGreaterThan(150);
});

it("notes a section that it does not know, and one that is not there", () => {
  const { notes, mismatches } = replayMeshVectors({ keys: [], dances: [] });
  expect(mismatches).toEqual([]);
  expect(notes).toContain("dances: a section that is not known here, nothing compared");
  expect(notes).toContain("messages: not in the file");
});

it.each([
  {},
  { keys: [{}] },
  { dm_ambiguity: [{ peers: ["a", "b"], channel_id: "", more: 1 }] },
  [],
])("refuses a file of another form: %j", (other) => {
  expect(() => replayMeshVectors(other)).toThrow(TypeError);
});

/** The way to every value of a JSON tree that is compared. */
function leavesOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [[...path]];
  return Object.entries(value).flatMap(([name, item]) =>
    PROSE.has(name) ? [] : leavesOf(item, [...path, name]),
  );
}

/** Changes one value as little as its kind allows. */
function tamper(file: unknown, path: readonly string[]): void {
  const [name = "", ...rest] = path;
  if (typeof file !== "object" || file === null) throw new TypeError("no such value");
  const value: unknown = Reflect.get(file, name);
  if (rest.length > 0) tamper(value, rest);
  else Reflect.set(file, name, tampered(value));
}

function tampered(value: unknown): unknown {
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value + 1;
  if (typeof value !== "string" || value === "") return "x";
  const last = value.at(-1) === "0" ? "1" : "0";
  return value.slice(0, -1) + last;
}
