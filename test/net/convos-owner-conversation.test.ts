// The owner conversation ends: nobody takes its place, everybody who looks is told the way back, and the agent can be let in
// again. Against the local XMTP node.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createOwnerDesk } from "channel-kit";
import { createCliContext } from "channel-kit/terminal";
import { pollUntil } from "channel-testing";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { convosChannel } from "../../extensions/convos/src/account-channel.ts";
import { explode, showConversations } from "../../extensions/convos/src/cli-conversations.ts";
import { leave } from "../../extensions/convos/src/cli-leave.ts";
import { createMessageBody } from "../../extensions/convos/src/message-body.ts";
import { operate } from "../../extensions/convos/src/operate.ts";
import {
  answerOperation,
  type Operation,
  OPERATIONS,
} from "../../extensions/convos/src/operations.ts";
import { withOwnerConnection } from "../../extensions/convos/src/owner-connection.ts";
import { assertOwnerConversation } from "../../extensions/convos/src/owner-handshake.ts";
import { findLiveAccount } from "../../extensions/convos/src/runtime.ts";
import { provision } from "../../extensions/convos/src/setup-provision.ts";
import { startConvosBot } from "../support/convos-bot.ts";
import { ConvosNet } from "../support/convos-people.ts";

const WAIT_MS = 30_000;
const WAY_BACK =
  /openclaw config set channels\.convos\.ownerConversationId ID .*then openclaw convos owner/;

let net: ConvosNet;
let stateDir = "";

beforeEach(async () => {
  stateDir = mkdtempSync(path.join(tmpdir(), "convos-owner-"));
  vi.stubEnv("OPENCLAW_STATE_DIR", stateDir);
  net = await ConvosNet.start();
});
afterEach(async () => {
  await net[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
  rmSync(stateDir, { recursive: true, force: true });
});

function configure(more: object = {}): OpenClawConfig {
  const convos = { enabled: true, env: "local", apiUrl: net.node.url, ...more };
  return { channels: { convos }, messages: { inbound: { debounceMs: 400 } } };
}

/** Resolves when status says whether the owner conversation is over. */
async function untilOver(isOver: boolean): Promise<void> {
  await pollUntil(
    async () => findLiveAccount("default")?.figures()?.isOwnerConversationOver,
    (found) => found === isOver,
    WAIT_MS,
    `an owner conversation that is ${isOver ? "over" : "there"}`,
  );
}

it("is told when the agent is taken out of it, and is the owner's again when the agent is let in again", async () => {
  const alice = await net.person("Alice");
  const { id, inboxId } = await alice.client.createConversation({ name: "Home" });
  const cfg = {
    ...configure({ ownerConversationId: id }),
    commands: { ownerAllowFrom: [`convos:${inboxId}`] },
  };
  const { url } = await alice.client.createInvite(id);
  await using bot = await startConvosBot({ stateDir, cfg, invite: url });
  await bot.whenIn(id);
  await untilOver(false);
  const live = findLiveAccount("default");
  const controls = live?.operated.controls;
  const other = await controls?.create("Club");
  const context = {
    ...createCliContext(convosChannel, cfg, "default"),
    ask: async <T>(method: string, schema: { parse(value: unknown): T }) => {
      const found = Object.values<Operation>(OPERATIONS).find((each) => each.method === method);
      return found && schema.parse(await answerOperation(found, {}, () => live?.operated));
    },
  };
  await expect(assertOwnerConversation(context)).resolves.toBeUndefined();

  const us = controls?.list().length === 2 ? await controls.members(id) : [];
  const agent = us.find(({ isUs }) => isUs)?.inboxId ?? "";
  await alice.client.removeMembers(id, [agent]);
  await untilOver(true);
  expect(live?.conversations().map((each) => each.id)).toEqual([other]);
  await expect(assertOwnerConversation(context)).rejects.toThrow(WAY_BACK);
  expect(bot.lines.filter((line) => WAY_BACK.test(line))).toHaveLength(1);

  const again = await alice.client.createInvite(id);
  await controls?.join(again.url, { mayAddInstallation: false });
  await bot.whenIn(id);
  await untilOver(false);
  await alice.sendText(id, "are you back?");
  expect(await bot.nextTurn()).toMatchObject({ message: { rawBody: "are you back?" } });
  const body = { ...createMessageBody(id, "yes"), purpose: "operator" as const };
  await live?.outbox.send({ queueId: "test", partIndex: 0, target: id, body });
  expect(await alice.next("message")).toMatchObject({ conversationId: id, text: "yes" });
});

it("that the operator ends says so at once, and a code is not waited for where it cannot come in", async () => {
  await provision({ cfg: configure(), accountId: "default", stateDir, now: Date.now });
  const first = createCliContext(convosChannel, configure(), "default");
  const { conversationId } = await operate(first, OPERATIONS.create, { name: "Home" });
  const { conversationId: second } = await operate(first, OPERATIONS.create, { name: "Club" });
  const cfg = configure({ ownerConversationId: conversationId });
  const context = createCliContext(convosChannel, cfg, "default");
  expect((await showConversations(context)).lines.join("\n")).not.toMatch(WAY_BACK);
  const left = await leave(context, conversationId, {});
  expect(left.lines.join("\n")).toMatch(WAY_BACK);
  expect((await showConversations(context)).lines.join("\n")).toMatch(WAY_BACK);

  const { account } = context;
  const { signal } = new AbortController();
  const waiting = withOwnerConnection(
    { account, desk: createOwnerDesk(), signal, stateDir },
    async (connection) => {
      await connection.whenReachable();
      return { kind: "declined" };
    },
  );
  await expect(waiting).rejects.toThrow(WAY_BACK);

  const named = createCliContext(
    convosChannel,
    configure({ ownerConversationId: second }),
    "default",
  );
  const confirmed = { ...named, confirm: async () => undefined };
  expect((await explode(confirmed, second, {})).lines.join("\n")).toMatch(WAY_BACK);
});
