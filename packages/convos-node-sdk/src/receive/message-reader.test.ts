import { afterEach, beforeEach, expect, it } from "vitest";
import { type ClientOnDisk, openClientOnDisk } from "../../test-support/client-on-disk.ts";
import { encodeExplodeSettings } from "../content/explode-settings.ts";
import { INVITE_JOIN_ERROR } from "../content/invite-join-error.ts";
import { INVITE_JOIN_HANDLED } from "../content/invite-join-handled.ts";
import { JOIN_REQUEST } from "../content/join-request.ts";
import { PROFILE_SNAPSHOT } from "../content/profile-snapshot.ts";
import { PROFILE_UPDATE } from "../content/profile-update.ts";
import { GROUP_UPDATED, REPLY, TEXT } from "../content/standard-types.ts";
import { TYPING_INDICATOR } from "../content/typing-indicator.ts";
import { encodeOutgoing } from "../send/encode-outgoing.ts";
import type { XmtpConversation, XmtpMessage } from "../xmtp/port.ts";
import { GROUP_RULES, isHeardFromStrangers, MessageReader } from "./message-reader.ts";

const SECOND_MS = 1_000;
const YEAR_MS = 365 * 24 * 3_600 * SECOND_MS;

let nowMs: number;
let client: ClientOnDisk;
let stored: XmtpMessage[];
let admins: string[];
let reader: MessageReader<XmtpConversation>;

beforeEach(() => {
  nowMs = 1_800_000_000_000;
  client = openClientOnDisk({ clock: { now: () => nowMs }, groupId: "ab".repeat(16) });
  stored = [];
  admins = [];
  reader = new MessageReader(client.context, client.conversation, {
    eventsOf: GROUP_RULES.eventsOf,
    admins: () => Promise.resolve(admins),
  });
});
afterEach(() => client.close());

it("takes every message once, whatever time the network gives it", async () => {
  receive("first", nowMs);
  receive("from a clock that ran ahead", nowMs + YEAR_MS);
  await read();
  nowMs += SECOND_MS;
  receive("second", nowMs);
  await read();
  nowMs += 3_600 * SECOND_MS;
  receive("an hour later", nowMs);
  await read();
  await read();
  expect(client.eventTypes()).toHaveLength(4);
  // However far ahead that one was, reading goes on from about now.
  const { cursorNs } = client.context.book.get(client.conversation).record;
  expect(Number(BigInt(cursorNs) / 1_000_000n)).toBeLessThan(nowMs + 24 * 3_600 * SECOND_MS);
});

it("takes a message that was stored late, when a comparison says that it is missing", async () => {
  receive("on time", nowMs);
  await read();
  receive("five minutes late", nowMs - 300 * SECOND_MS);
  await read({ thorough: false });
  expect(client.eventTypes()).toHaveLength(1);
  await read({ thorough: true });
  expect(client.eventTypes()).toHaveLength(2);
});

it("notes an end only from somebody who may set one now, and the earlier of two", async () => {
  const explodesAtMs = (): number | undefined =>
    client.context.book.get(client.conversation).record.explodesAtMs;
  receive(encodeExplodeSettings({ expiresAtMs: nowMs + 60 * SECOND_MS }), nowMs, "member");
  await read();
  expect(explodesAtMs()).toBeUndefined();
  admins = ["admin"];
  for (const seconds of [60, 30, 90]) {
    const content = encodeExplodeSettings({ expiresAtMs: nowMs + seconds * SECOND_MS });
    receive(content, nowMs + seconds, "admin");
  }
  await read();
  expect(explodesAtMs()).toBe(nowMs + 30 * SECOND_MS);
  expect(client.eventTypes()).toEqual([]);
});

function read({ thorough }: { thorough: boolean } = { thorough: true }): Promise<boolean> {
  return reader.read(conversation, { thorough });
}

it("hears of strangers what they say, whom they add, and who asks to be let in, not their bookkeeping", () => {
  expect([TEXT, REPLY, JOIN_REQUEST, GROUP_UPDATED].filter(isHeardFromStrangers)).toHaveLength(4);
  const bookkeeping = [
    TYPING_INDICATOR,
    PROFILE_UPDATE,
    PROFILE_SNAPSHOT,
    INVITE_JOIN_HANDLED,
    INVITE_JOIN_ERROR,
    { ...TEXT, authorityId: "example.org" },
  ];
  expect(bookkeeping.filter(isHeardFromStrangers)).toEqual([]);
});

function receive(
  content: string | ReturnType<typeof encodeExplodeSettings>,
  sentAtMs: number,
  senderInboxId = "somebody",
): void {
  const parts =
    typeof content === "string" ? encodeOutgoing({ type: "text", text: content }) : content;
  stored.push({
    ...parts,
    fallback: parts.fallback,
    id: String(stored.length).padStart(64, "0"),
    senderInboxId,
    sentAtNs: BigInt(sentAtMs) * 1_000_000n,
  });
}

const unused = (): never => {
  throw new Error("test: not expected");
};

const after = (ns = 0n): XmtpMessage[] =>
  stored
    .filter(({ sentAtNs }) => sentAtNs > ns)
    .toSorted((one, other) => Number(one.sentAtNs - other.sentAtNs));

/** Answers as XMTP's database does. */
const conversation: XmtpConversation = {
  id: "ab".repeat(16),
  sync: unused,
  consent: unused,
  setConsent: unused,
  prepare: unused,
  publish: unused,
  messages: ({ afterNs, limit }) => Promise.resolve(after(afterNs).slice(0, limit)),
  countMessages: ({ afterNs }) => Promise.resolve(after(afterNs).length),
  countOwn: unused,
  countUnacknowledged: unused,
  ownTraffic: unused,
};
