import { expect, it } from "vitest";
import { nativePrefix } from "./errors.ts";

it.each([
  ["the plugin's folder", "/home/a/.openclaw/extensions/convos/dist"],
  [
    "the copy that the host loads it from",
    "/home/a/.openclaw/tmp/plugin-captures/1f/captures/build-x/package-0/dist",
  ],
])("completes a copied plugin in the state directory, seen from %s", (_name, folder) => {
  expect(nativePrefix(folder)).toBe("/home/a/.openclaw");
});
