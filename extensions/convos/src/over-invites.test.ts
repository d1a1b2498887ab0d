import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ConversationControls } from "./client-controls.ts";
import { listOpenInvites, noteInvite } from "./invite-book.ts";
import { OPERATIONS } from "./operations.ts";
import { forgetOverInvites } from "./over-invites.ts";

const NOW_MS = 1_000_000;
const HOUR_MS = 3_600_000;

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "convos-over-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const unused = (): never => {
  throw new TypeError("not part of these tests");
};

const controls: ConversationControls = {
  list: unused,
  ended: unused,
  joins: unused,
  refusedJoins: unused,
  offers: unused,
  settleOffer: unused,
  members: unused,
  create: unused,
  invite: unused,
  revokeInvites: unused,
  join: unused,
  cancelJoin: unused,
  leave: unused,
  setLocked: unused,
  explode: async () => undefined,
  setEmoji: unused,
  rename: unused,
  scan: unused,
};

const invite = { createdAtMs: 1, expiresAtMs: undefined, singleUse: false };

async function listed(): Promise<string[]> {
  return (await listOpenInvites(folder)).map(({ conversationId }) => conversationId);
}

it("forgets invites that ended by time, by use, or with their conversation, and keeps the others", async () => {
  await noteInvite(folder, "https://one", { ...invite, conversationId: "open" });
  await noteInvite(folder, "https://two", { ...invite, conversationId: "gone" });
  await noteInvite(folder, "https://three", {
    ...invite,
    conversationId: "late",
    expiresAtMs: NOW_MS,
  });
  await noteInvite(folder, "https://four", {
    ...invite,
    conversationId: "used",
    singleUse: true,
    inviteId: "f4",
  });
  await noteInvite(folder, "https://five", {
    ...invite,
    conversationId: "unused",
    singleUse: true,
    inviteId: "f5",
  });
  const connection = {
    ended: () => ["gone"],
    isInviteUsed: (_conversation: string, id: string) => id === "f4",
  };
  await forgetOverInvites(folder, connection, NOW_MS);
  expect(await listed()).toEqual(["open", "unused"]);
  expect(readdirSync(folder).filter((name) => name.endsWith(".png"))).toHaveLength(2);
});

it("keeps the invites of a conversation that ends later as long as they work", async () => {
  const account = { controls, folder, now: () => NOW_MS };
  await noteInvite(folder, "https://one", { ...invite, conversationId: "room" });
  const later = { conversationId: "room", atMs: NOW_MS + HOUR_MS };
  await OPERATIONS.explode.run(account, later);
  expect(await listed()).toEqual(["room"]);
  await OPERATIONS.explode.run(account, { conversationId: "room" });
  expect(await listed()).toEqual([]);
});
