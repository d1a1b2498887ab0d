import { parseAccessGroupAllowFromEntry } from "openclaw/plugin-sdk/security-runtime";
import { expect, it } from "vitest";
import { tryParseGroupEntry } from "./access-groups.ts";

it.each([
  "accessGroup:crew",
  " accessGroup: crew ",
  "accessGroup:",
  "accessGroup: ",
  "accessgroup:crew",
  "crew",
  "*",
  "",
])("reads an access group where the host reads one: '%s'", (entry) => {
  expect(tryParseGroupEntry(entry)?.name ?? null).toBe(parseAccessGroupAllowFromEntry(entry));
});

it("writes the entry in one way, and takes no number for a group", () => {
  expect(tryParseGroupEntry(" accessGroup: crew ")?.entry).toBe("accessGroup:crew");
  expect(tryParseGroupEntry(7)).toBeUndefined();
});
