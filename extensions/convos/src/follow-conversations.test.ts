import { describe, expect, it } from "vitest";
import type { JoinedConversation } from "./client.ts";
import { findOwnerConversation, followConversations } from "./follow-conversations.ts";

function room(id: string, isCreator = false): JoinedConversation {
  return { id, name: undefined, inboxId: "i", memberCount: 2, joinedAtMs: 0, isCreator };
}

async function follow(write: (id: string) => Promise<void>, configured?: string) {
  const lines: string[] = [];
  const joined: JoinedConversation[] = [];
  let change: (() => void) | undefined;
  const ending = new AbortController();
  const running = followConversations({
    connection: {
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
  it("is the configured one, else the first that the agent was let into", () => {
    const joined = [room("own", true), room("first"), room("second")];
    expect(findOwnerConversation("named", joined)).toBe("named");
    expect(findOwnerConversation(undefined, joined)).toBe("first");
    expect(findOwnerConversation(undefined, [room("own", true)])).toBe("own");
    expect(findOwnerConversation(undefined, [])).toBeUndefined();
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
