import { createCliContext } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { expect, it } from "vitest";
import { convosChannel } from "./account-channel.ts";
import { needsOwner } from "./setup-owner-need.ts";

const HOME = "0a".repeat(16);
const CLUB = "0b".repeat(16);
const OLGA = "a1".repeat(32);
const OLGA_AT_WORK = "b2".repeat(32);
const US = "c3".repeat(32);

function room(id: string, createdAtMs: number) {
  return { id, memberCount: 2, isCreator: false, createdAtMs, openInvites: 0 };
}

/** What the wizard finds for the account `work`, whose conversations have these members beside us. */
async function find(
  section: object,
  owners: readonly string[],
  members: Readonly<Record<string, readonly string[]>>,
): Promise<boolean> {
  const cfg: OpenClawConfig = {
    channels: { convos: { enabled: true, accounts: { work: section } } },
    commands: { ownerAllowFrom: [...owners] },
  };
  const conversations = Object.keys(members).map((id, index) => room(id, index));
  const context = {
    ...createCliContext(convosChannel, cfg, "work"),
    ask: async <T>(
      method: string,
      schema: { parse(value: unknown): T },
      params: Record<string, unknown> = {},
    ) => {
      expect(method).toBe("convos.members");
      const there = members[String(params["conversationId"])] ?? [];
      const listed = [US, ...there].map((inboxId) => ({
        inboxId,
        isAgent: false,
        role: "member",
        isUs: inboxId === US,
      }));
      return schema.parse({ members: listed });
    },
  };
  return await needsOwner(context, { conversations, ended: [] });
}

it("a second account needs an owner of its own, whoever owns the first", async () => {
  const there = { [HOME]: [OLGA_AT_WORK] };
  expect(await find({}, [`convos:${OLGA}`], there)).toBe(true);
  expect(await find({}, [], there)).toBe(true);
  expect(await find({}, [`convos:${OLGA}`, `convos:${OLGA_AT_WORK}`], there)).toBe(false);
});

it("a further conversation changes nothing about who is owner in the owner conversation", async () => {
  const there = { [HOME]: [OLGA], [CLUB]: [OLGA_AT_WORK] };
  expect(await find({}, [`convos:${OLGA}`], there)).toBe(false);
  const inClub = { ownerConversationId: CLUB };
  expect(await find(inClub, [`convos:${OLGA}`], there)).toBe(true);
});

it("a conversation that was just made needs an owner, before anybody else is in it", async () => {
  expect(await find({}, [`convos:${OLGA}`], { [HOME]: [] })).toBe(true);
});

it("an owner conversation that is being restored needs nobody while there is an owner", async () => {
  const elsewhere = { ownerConversationId: "0c".repeat(16) };
  expect(await find(elsewhere, [`convos:${OLGA}`], { [HOME]: [] })).toBe(false);
});
