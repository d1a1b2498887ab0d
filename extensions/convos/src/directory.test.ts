import { describe, expect, it } from "vitest";
import { convosResolverAdapter, createDirectory, type ListedAccount } from "./directory.ts";

const ROOM = "0a".repeat(16);
const OWNER = "a1".repeat(32);
const MEMBER = "b2".repeat(32);
const runtime = { log: () => undefined, error: () => undefined, exit: () => undefined };
const cfg = {
  channels: { convos: { groups: { [ROOM]: { allowFrom: [MEMBER] } } } },
  commands: { ownerAllowFrom: [`convos:${OWNER}`, "gossip:x"] },
};

const RUNNING: ListedAccount = {
  conversations: () => [{ id: ROOM, name: "Family", memberCount: 2 }],
  operated: {
    controls: {
      members: () =>
        Promise.resolve([
          { inboxId: MEMBER, name: "Evil\u001b[31m", isAgent: false, isUs: false, role: "member" },
        ]),
    },
  },
};
const stopped = createDirectory(() => undefined);
const running = createDirectory(() => RUNNING);

describe("the directory", () => {
  it("has owners and people of every list, by id", async () => {
    const peers = await stopped.listPeers?.({ cfg, runtime });
    expect(peers?.map(({ id }) => id)).toEqual([OWNER, MEMBER]);
  });

  it("has conversations and their members while the account runs, names for eyes only", async () => {
    const none = { cfg, runtime, groupId: ROOM };
    expect(await stopped.listGroupMembers?.(none)).toEqual([]);
    expect(await running.listGroups?.({ cfg, runtime, query: "fam" })).toEqual([
      { kind: "group", id: ROOM, name: "Family" },
    ]);
    expect(await running.listGroupMembers?.(none)).toEqual([
      { kind: "user", id: MEMBER, name: "Evil[31m" },
    ]);
  });
});

it("resolves ids, and never a name that members chose", async () => {
  expect(await resolve("group", [`convos:${ROOM}`, "Family"])).toEqual([
    { input: `convos:${ROOM}`, resolved: true, id: ROOM },
    { input: "Family", resolved: false, note: expect.stringContaining("openclaw convos") },
  ]);
  expect(await resolve("user", [MEMBER, ROOM])).toMatchObject([
    { resolved: true, id: MEMBER },
    { resolved: false },
  ]);
});

function resolve(kind: "group" | "user", inputs: string[]) {
  return convosResolverAdapter.resolveTargets({ cfg, inputs, kind, runtime });
}
