import { expect, it } from "vitest";
import { followName } from "./follow-name.ts";

it("renames us where we show another name, and goes on after a conversation that fails", async () => {
  const names = new Map([
    ["old", "Before"],
    ["same", "Helper"],
  ]);
  const set: string[][] = [];
  const failed: unknown[] = [];
  const ending = new AbortController();
  const following = followName(
    {
      conversations: () => ["gone", "old", "same", "new"].map((id) => conversation(id)),
      members: async (id) => {
        if (id === "gone") throw new Error("over");
        const name = names.get(id);
        const us = { inboxId: `us-${id}`, kind: "agent", role: "member" } as const;
        return [
          { ...us, inboxId: "them", name: "Helper" },
          name === undefined ? us : { ...us, name },
        ];
      },
      setName: async (id, name) => void set.push([id, name]),
    },
    "Helper",
    { signal: ending.signal, onError: (error) => failed.push(error) },
  );
  await expect.poll(() => set).toEqual([["old", "Helper"]]);
  ending.abort();
  await following;
  expect(set).toHaveLength(1);
  expect(failed).toHaveLength(1);
});

function conversation(id: string) {
  return {
    id,
    inboxId: `us-${id}`,
    memberCount: 2,
    joinedAtMs: 0,
    isCreator: false,
    name: undefined,
  };
}
