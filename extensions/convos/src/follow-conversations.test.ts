import { describe, expect, it } from "vitest";
import type { JoinedConversation } from "./client.ts";
import { followConversations } from "./follow-conversations.ts";
import { findOwnerConversation, isOwnerConversationUnknown } from "./owner-conversation.ts";

function room(id: string, isCreator = false): JoinedConversation {
  return { id, name: undefined, inboxId: "i", memberCount: 2, joinedAtMs: 0, isCreator };
}

function knows(joined: readonly JoinedConversation[], ended: readonly string[] = []) {
  return { conversations: () => joined, ended: () => ended };
}

async function follow(
  write: (id: string) => Promise<void>,
  configured?: string,
  ended: string[] = [],
) {
  const lines: string[] = [];
  const joined: JoinedConversation[] = [];
  let change: (() => void) | undefined;
  const ending = new AbortController();
  const running = followConversations({
    accountId: "default",
    connection: {
      ended: () => ended,
      conversations: () => joined,
      onStatusChange: (listener) => {
        change = listener;
        return () => undefined;
      },
    },
    readOwner: () => configured,
    writeOwner: write,
    log: { info: (line) => lines.push(line), warn: (line) => lines.push(line) },
    signal: ending.signal,
  });
  joined.push(room("first"));
  change?.();
  joined.push(room("second"));
  change?.();
  ending.abort();
  await running;
  return lines;
}

describe("the owner conversation", () => {
  it("is unknown while the account neither was in it nor could still get there", () => {
    const settled = { pendingJoins: 0, restoreOffers: 0, restoring: 0 };
    const looked = (configured: string | undefined, status = settled): boolean =>
      isOwnerConversationUnknown(configured, { known: () => ["left"], status: () => status });
    expect(looked("other")).toBe(true);
    expect([looked("left"), looked(undefined)]).toEqual([false, false]);
    expect(looked("other", { ...settled, pendingJoins: 1 })).toBe(false);
    expect(looked("other", { ...settled, restoring: 1 })).toBe(false);
  });

  it("is the configured one, else the first that the agent was let into", () => {
    const joined = [room("own", true), room("first"), room("second")];
    expect(findOwnerConversation("named", knows(joined))).toBe("named");
    expect(findOwnerConversation(undefined, knows(joined))).toBe("first");
    expect(findOwnerConversation(undefined, knows([room("own", true)]))).toBe("own");
    expect(findOwnerConversation(undefined, knows([]))).toBeUndefined();
  });

  it("is none when the configured one is over, whatever others there are", () => {
    expect(findOwnerConversation("named", knows([room("first")], ["named"]))).toBeUndefined();
    expect(findOwnerConversation("named", knows([room("first")], ["other"]))).toBe("named");
    // The agent was let in again.
    expect(findOwnerConversation("named", knows([room("named")], ["named"]))).toBe("named");
  });

  it("that is over is told once with the way back, and no other is written in its place", async () => {
    const written: string[] = [];
    const lines = await follow(async (id) => void written.push(id), "named", ["named"]);
    expect(written).toEqual([]);
    expect(lines.filter((line) => line.includes("is over"))).toEqual([
      expect.stringMatching(
        /openclaw config set channels\.convos\.ownerConversationId ID .* openclaw convos owner$/,
      ),
    ]);
  });

  it("is written once, when the first conversation is there; each conversation is told once", async () => {
    const written: string[] = [];
    const lines = await follow(async (id) => void written.push(id));
    expect(written).toEqual(["first"]);
    expect(lines.filter((line) => line.startsWith("in conversation"))).toHaveLength(2);
  });

  it("stays the operator's when he named one", async () => {
    const written: string[] = [];
    await follow(async (id) => void written.push(id), "named");
    expect(written).toEqual([]);
  });

  it("that cannot be written is told with the command that does it", async () => {
    const lines = await follow(() => Promise.reject(new Error("read-only file system")));
    expect(lines.join("\n")).toContain(
      "openclaw config set channels.convos.ownerConversationId first",
    );
  });
});
