import type { Member } from "convos-node-sdk";
import { expect, it } from "vitest";
import { createMemberBook } from "./member-book.ts";

const ROOM = "0b".repeat(16);

function member(inboxId: string): Member {
  return { inboxId, kind: "human-or-unknown", role: "member", name: inboxId };
}

it("asks once for the names of a burst, and anew for who is there", async () => {
  const there = [member("us"), member("olga")];
  let asked = 0;
  const book = createMemberBook(
    {
      conversations: () => [
        { id: ROOM, name: "", inboxId: "us", memberCount: 2, joinedAtMs: 0, isCreator: true },
      ],
      members: async () => {
        asked += 1;
        return [...there];
      },
    },
    () => 0,
  );
  expect(await book.nameOf(ROOM, "olga")).toBe("olga");
  expect(await book.isAgent(ROOM, "olga")).toBe(false);
  expect(asked).toBe(1);
  there.push(member("mallory"));
  const others = await book.others(ROOM);
  expect(others.map(({ inboxId }) => inboxId)).toEqual(["olga", "mallory"]);
});
