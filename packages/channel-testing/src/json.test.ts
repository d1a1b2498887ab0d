import { expect, it } from "vitest";
import { mergeJson } from "./json.ts";

it("merges objects key by key, replaces arrays, and leaves its inputs alone", () => {
  const base = { plugins: { allow: ["a"], load: { paths: ["/a"] } }, port: 1 };
  const merged = mergeJson(base, { plugins: { allow: ["b", "c"] }, token: "t" });
  expect(merged).toEqual({
    plugins: { allow: ["b", "c"], load: { paths: ["/a"] } },
    port: 1,
    token: "t",
  });
  expect(base).toEqual({ plugins: { allow: ["a"], load: { paths: ["/a"] } }, port: 1 });
});
