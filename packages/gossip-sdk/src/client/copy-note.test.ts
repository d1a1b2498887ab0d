import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { encodeAnnouncementPayload } from "../announcement/announcement-payload.ts";
import { userIdFromBytes } from "../identity/user-id.ts";
import { encodeCopyNotes, type Standing, tryDecodeCopyNote } from "./copy-note.ts";

function standings(count: number): Standing[] {
  return Array.from({ length: count }, (_, index) => ({
    peer: userIdFromBytes(new Uint8Array(randomBytes(32))),
    announcedAtMs: Date.UTC(2026, 0, 1) + index,
  }));
}

it("says where we stand with everybody, in as many notes as that takes", () => {
  for (const count of [1, 100, 101, 250]) {
    const all = standings(count);
    const notes = encodeCopyNotes(all);
    expect(notes).toHaveLength(Math.ceil(count / 100));
    expect(notes.flatMap((note) => tryDecodeCopyNote(note) ?? [])).toEqual(all);
  }
  expect(encodeCopyNotes([])).toEqual([]);
});

it("does not tell by its size how many people there are", () => {
  const sizes = [1, 7, 100].flatMap((count) => encodeCopyNotes(standings(count)));
  expect(new Set(sizes.map(({ length }) => length)).size).toBe(1);
});

it("takes nothing else for a note", () => {
  const [note = new Uint8Array(0)] = encodeCopyNotes(standings(100));
  const words = encodeAnnouncementPayload({ username: "Alice", message: "hello" });
  for (const other of [new Uint8Array(0), words, note.subarray(0, 4_000), randomBytes(4_300)]) {
    expect(tryDecodeCopyNote(other)).toBeUndefined();
  }
});
