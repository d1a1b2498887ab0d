import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import * as z from "zod";
import { replayConvosVectors } from "../test-support/replay-convos-vectors.ts";

const VECTORS = new URL("../vectors/convos.json", import.meta.url);

const file = z.looseObject({}).parse(JSON.parse(await readFile(VECTORS, "utf8")));

it("reproduces every byte of the recorded vectors and refuses the negatives", () => {
  const checks = replayConvosVectors(file);
  expect(checks.mismatches).toEqual([]);
  expect(checks.notes).toEqual([]);
  expect(checks.total).toBeGreaterThan(300);
});

it("notes a section that it does not know, and one that is not there", () => {
  const { notes, mismatches } = replayConvosVectors({ emojis: [], dances: [] });
  expect(mismatches).toEqual([]);
  expect(notes).toContain("dances: a section that is not known here, nothing compared");
  expect(notes).toContain("keys: not in the file");
});

it("counts an output that differs as a mismatch", () => {
  const { total, mismatches } = replayConvosVectors({
    emojis: [{ identifier: "a conversation", emoji: "no emoji" }],
  });
  expect(total).toBe(1);
  expect(mismatches).toHaveLength(1);
});

it("counts an accepted negative as a mismatch", () => {
  const genuine = z.object({ invites: z.array(z.looseObject({ slug: z.string() })) }).parse(file);
  const input = genuine.invites[0]?.slug;
  const { mismatches } = replayConvosVectors({
    keys: file["keys"],
    negatives: [{ input, why: "a genuine invite" }],
  });
  expect(mismatches).toEqual([expect.stringContaining("a genuine invite")]);
});

it("counts a step that cannot be played as a mismatch", () => {
  const { mismatches } = replayConvosVectors({ urlForms: [{ input: "", expectSlug: "x" }] });
  expect(mismatches).toEqual([expect.stringContaining("urlForms #0")]);
});

it.each([{}, { keys: [{}] }, []])("refuses a file of another form: %j", (other) => {
  expect(() => replayConvosVectors(other)).toThrow(TypeError);
});
