import { expect, it } from "vitest";
import * as z from "zod";
import { readMethodParams } from "./method-params.ts";

const schema = z.object({ id: z.string(), places: z.array(z.number()).default([]) });

it("gives what the schema makes of them, and nothing at all counts as no parameters", () => {
  expect(readMethodParams("x.do", schema, { id: "a", more: 1 })).toEqual({
    value: { id: "a", places: [] },
  });
  expect(readMethodParams("x.do", z.object({}), undefined)).toEqual({ value: {} });
});

it("names every wrong one and what belongs there, and never a value", () => {
  const { problem } = readMethodParams("x.do", schema, { places: [1, "canary"] });
  expect(problem?.code).toBe("INVALID_REQUEST");
  expect(problem?.message).toMatch(/^x\.do: params\.id: .*string.*; params\.places\.1: .*number/);
  expect(problem?.message).not.toContain("canary");
  expect(readMethodParams("x.do", schema, "canary").problem?.message).toMatch(/^x\.do: params: /);
});
