import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { forgetInvites, listOpenInvites, noteInvite } from "./invite-book.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "convos-invites-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("keeps every invite of several that are made at the same time, and forgets one meanwhile", async () => {
  const invite = { createdAtMs: 1, expiresAtMs: undefined, singleUse: true };
  await noteInvite(folder, "https://old", { ...invite, conversationId: "old" });
  await Promise.all([
    noteInvite(folder, "https://one", { ...invite, conversationId: "one" }),
    forgetInvites(folder, ({ conversationId }) => conversationId === "old"),
    noteInvite(folder, "https://two", { ...invite, conversationId: "two" }),
  ]);
  const open = await listOpenInvites(folder);
  expect(open.map(({ conversationId }) => conversationId)).toEqual(["one", "two"]);
});
