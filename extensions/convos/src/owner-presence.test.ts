import { describe, expect, it } from "vitest";
import type { JoinedConversation } from "./client.ts";
import { createOwnerPresence, lacksOwner } from "./owner-presence.ts";

const OLGA = "a1".repeat(32);
const EVE = "b2".repeat(32);

function room(id: string, memberCount: number): JoinedConversation {
  return { id, name: undefined, inboxId: "us", memberCount, joinedAtMs: 0, isCreator: false };
}

describe("an owner conversation", () => {
  it("lacks an owner when none of its members is one, and when there is none at all", () => {
    expect(lacksOwner([OLGA, EVE], [OLGA])).toBe(false);
    expect(lacksOwner([EVE], [OLGA])).toBe(true);
    expect(lacksOwner([EVE], [])).toBe(true);
  });

  it("lacks none that there is, while its members are not known", () => {
    expect(lacksOwner([], [OLGA])).toBe(false);
    expect(lacksOwner([], [])).toBe(true);
  });
});

describe("a running account", () => {
  it("knows that its owners are elsewhere, until one of them is in its owner conversation", async () => {
    const there: string[] = [EVE];
    let owners: string[] = [];
    let change: (() => void) | undefined;
    const presence = createOwnerPresence({
      connection: {
        conversations: () => [room("home", there.length + 1), room("club", 2)],
        onStatusChange: (listener) => {
          change = listener;
          return () => undefined;
        },
      },
      members: {
        others: async () =>
          there.map((inboxId) => ({ inboxId, kind: "human-or-unknown", role: "member" })),
      },
      ownerConversation: () => "home",
      listOwners: () => owners,
    });
    const ending = new AbortController();
    const before = presence.isElsewhere();
    const running = presence.run(ending.signal);
    // Looking takes one turn of promises; aborting afterwards waits for it.
    ending.abort();
    await running;
    const withoutOwners = presence.isElsewhere();
    owners = [OLGA];
    const withOwnersElsewhere = presence.isElsewhere();
    there.push(OLGA);
    change?.();
    await Promise.resolve();
    await Promise.resolve();
    expect([before, withoutOwners, withOwnersElsewhere]).toEqual([false, false, true]);
    expect(presence.isElsewhere()).toBe(false);
  });
});
