import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { beforeEach, describe, expect, it } from "vitest";
import { resolveConvosAccount } from "./accounts.ts";
import type { JoinedConversation } from "./client.ts";
import { createGrowthBook, GROWTH_RECORD } from "./growth.ts";
import { announceMentionRule } from "./mention-notice.ts";
import { createChatStrings } from "./strings.ts";

const HOME = "0a".repeat(16);
const ROOM = "0b".repeat(16);

function room(id: string, memberCount: number, onlyOtherInboxId?: string): JoinedConversation {
  const other = onlyOtherInboxId === undefined ? {} : { onlyOtherInboxId };
  return {
    id,
    name: undefined,
    inboxId: "i",
    memberCount,
    joinedAtMs: 0,
    isCreator: false,
    ...other,
  };
}

let joined: JoinedConversation[];
let disk: typeof GROWTH_RECORD.empty;
let section: object;
let isOffline: boolean;
let sent: { to: string; text: string }[];
let nowMs: number;

beforeEach(() => {
  joined = [];
  disk = GROWTH_RECORD.empty;
  section = {};
  isOffline = false;
  sent = [];
  nowMs = 1000;
});

/** One run of the account: it sees one count of members after the other. */
async function run(...counts: (readonly JoinedConversation[])[]) {
  const ending = new AbortController();
  let change: (() => void) | undefined;
  const connection = {
    conversations: () => joined,
    onStatusChange: (listener: () => void) => {
      change = listener;
      return () => undefined;
    },
  };
  const record = {
    read: () => disk,
    write: (value: typeof disk) =>
      void (disk = GROWTH_RECORD.parse(JSON.parse(JSON.stringify(value)))),
  };
  const growth = createGrowthBook(connection, record, () => nowMs);
  const cfg: OpenClawConfig = { channels: { convos: section } };
  const running = announceMentionRule({
    connection,
    growth,
    outbox: {
      send: async ({ body, target }) => {
        if (isOffline) throw new Error("offline");
        sent.push({ to: target, text: "text" in body ? body.text : "" });
        return { nativeId: "n", isReplay: false };
      },
    },
    ownerConversation: () => HOME,
    readAccount: () => resolveConvosAccount(cfg, "default"),
    readStrings: () => createChatStrings(),
    onError: () => undefined,
    signal: ending.signal,
  });
  for (const count of counts) {
    nowMs += 1;
    joined = [...count];
    change?.();
    change?.();
    // What it sends is sent and noted.
    await new Promise((resolve) => setImmediate(resolve));
  }
  ending.abort();
  await running;
  return growth;
}

describe("a conversation that had one other member", () => {
  it("is told, with the agent's name, when the second one comes; over restarts too", async () => {
    section = { name: "Bo" };
    await run([room(ROOM, 2)]);
    await run([room(ROOM, 3)], [room(ROOM, 4)], [room(ROOM, 3)]);
    await run([room(ROOM, 3)]);
    const told = { to: ROOM, text: expect.stringContaining("when you write Bo,") };
    expect(sent).toEqual([told]);
    await run([room(ROOM, 2)], [room(ROOM, 3)], [room(ROOM, 4)]);
    expect(sent).toEqual([told, told]);
  });

  it("has a session of its own from then on, the same as long as nobody talked alone with us", async () => {
    const before = await run([room(ROOM, 2)]);
    expect(before.threadOf(ROOM)).toBeUndefined();
    const growth = await run([room(ROOM, 3)]);
    const thread = growth.threadOf(ROOM);
    expect(thread).toMatch(/^since-\d+$/);
    const later = await run([room(ROOM, 5)], [room(ROOM, 3)]);
    expect(later.threadOf(ROOM)).toBe(thread);
  });

  it("has another session whenever somebody comes to what one member talked about alone with us", async () => {
    await run([room(ROOM, 2, "alice")]);
    const first = (await run([room(ROOM, 3)])).threadOf(ROOM);
    const alone = await run([room(ROOM, 2, "alice")]);
    expect(alone.threadOf(ROOM)).toBe(first);
    const second = (await run([room(ROOM, 3)])).threadOf(ROOM);
    expect(second).toMatch(/^since-\d+$/);
    expect(second).not.toBe(first);
  });

  it("that is somebody else now has a session of its own, and no mention is needed", async () => {
    const first = await run([room(ROOM, 2, "alice")], [room(ROOM, 1)], [room(ROOM, 2, "alice")]);
    expect(first.threadOf(ROOM)).toBeUndefined();
    const second = await run([room(ROOM, 2, "bob")]);
    const thread = second.threadOf(ROOM);
    expect(thread).toMatch(/^since-\d+$/);
    const third = await run([room(ROOM, 2, "bob")], [room(ROOM, 1)], [room(ROOM, 2, "carol")]);
    expect(third.threadOf(ROOM)).toMatch(/^since-\d+$/);
    expect(third.threadOf(ROOM)).not.toBe(thread);
    expect(sent).toEqual([]);
    await run([room(ROOM, 3)]);
    expect(sent).toHaveLength(1);
  });

  it("and grew while the gateway was down has it before its first turn", async () => {
    await run([room(ROOM, 2)]);
    joined = [room(ROOM, 3)];
    const book = createGrowthBook(
      { conversations: () => joined },
      { read: () => disk, write: (value) => void (disk = value) },
      () => nowMs,
    );
    expect(book.threadOf(ROOM)).toBeDefined();
  });

  it("is told later when it could not be sent", async () => {
    isOffline = true;
    await run([room(ROOM, 2)], [room(ROOM, 3)]);
    isOffline = false;
    await run([room(ROOM, 3)]);
    expect(sent).toHaveLength(1);
  });

  it("that is the owner's is told who is heard", async () => {
    await run([room(HOME, 2)], [room(HOME, 3)]);
    expect(sent).toEqual([{ to: HOME, text: expect.stringContaining("I hear only my owner") }]);
  });

  it.each([
    ["groups are disabled", { groupPolicy: "disabled" }],
    ["it is quiet", { groups: { [ROOM]: { enabled: false } } }],
    ["the configuration decides about mentions", { groups: { "*": { requireMention: false } } }],
  ])("is told nothing while %s", async (_why, rules) => {
    section = rules;
    await run([room(ROOM, 2)], [room(ROOM, 3)]);
    expect(sent).toEqual([]);
  });
});

it("a conversation that was larger from the beginning is told nothing", async () => {
  const growth = await run([room(ROOM, 5)], [room(ROOM, 6)]);
  expect(sent).toEqual([]);
  expect(growth.threadOf(ROOM)).toBeUndefined();
});
