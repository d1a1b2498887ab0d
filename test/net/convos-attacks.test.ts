// What strangers can do to an account whose inbox they know, at counts that fit into every run; the full counts come from the
// environment. The account is a process of its own, so that what is measured is its memory alone.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  encodeInviteJoinHandled,
  encodeJoinRequest,
  encodeProfileSnapshot,
  encodeProfileUpdate,
  encodeTypingIndicator,
  JOIN_REQUEST,
} from "convos-node-sdk";
import { withDeadline } from "channel-testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type RunningLocalNode, startLocalNode } from "xmtp-local-node";
import { MeasuredClient } from "../../bench/convos/measured-client.ts";
import { Talker } from "../../bench/convos/talker.ts";
import { BareXmtp } from "../support/bare-xmtp.ts";
import { sendParts, XmtpPeer } from "../support/xmtp-peer.ts";

/** A thousand, and ten thousand, are the heavier run. */
const FOREIGN_GROUPS = Number(process.env["CONVOS_FOREIGN_GROUPS"] ?? 40);
const BOOKKEEPING = Number(process.env["CONVOS_BOOKKEEPING"] ?? 200);
const MAX_GROWTH_MB = 30;
/** Of messages in our own conversation while all this goes on. */
const MAX_LATENCY_MS = 5_000;
/** Longer than an account may take to look at the network beside its stream. */
const ARRIVAL_MS = 70_000;
const LIMIT_MS = 60_000 + 1_000 * FOREIGN_GROUPS + 200 * BOOKKEEPING;

let node: RunningLocalNode;
let folder: string;
let stack: AsyncDisposableStack;
let received: string[];

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  folder = await mkdtemp(path.join(tmpdir(), "convos-attacks-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  node = stack.use(await startLocalNode());
  received = [];
});
afterEach(() => stack.disposeAsync());

it(
  "stays small, quick and silent while a stranger adds it to group after group, and after a restart",
  { timeout: LIMIT_MS },
  async () => {
    const { client, talker, id, inboxId } = await startAccount();
    const stranger = stack.use(await XmtpPeer.start(node.url));
    const before = await client.figures();
    const traps = [];
    let slowestMs = 0;
    for (let count = 0; count < FOREIGN_GROUPS; count += 1) {
      const trap = await stranger.client.conversations.createGroup([inboxId], {
        groupName: "Trap",
      });
      await trap.sendText("trap");
      traps.push(trap);
      if (count % 10 === 9) slowestMs = Math.max(slowestMs, await talk(client, talker, id));
    }
    const after = await client.figures();
    console.info(
      `${FOREIGN_GROUPS} groups of a stranger: ${(after.anonMb - before.anonMb).toFixed(1)} MB more, slowest message ${slowestMs.toFixed(0)} ms`,
    );
    await client.stop();
    await client.start(onTexts);
    await talk(client, talker, id);
    await stranger.client.conversations.syncAll();
    const said = await Promise.all(traps.map((trap) => trap.messages()));
    const fromUs = said.flat().filter(({ senderInboxId }) => senderInboxId === inboxId);
    expect(fromUs.filter(({ contentType }) => contentType.typeId !== "leave_request")).toEqual([]);
    expect(received).not.toContain("trap");
    expect(after.anonMb - before.anonMb).toBeLessThan(MAX_GROWTH_MB);
    expect(slowestMs).toBeLessThan(MAX_LATENCY_MS);
  },
);

it(
  "lets somebody in after any amount of bookkeeping, huge requests and markers that are not ours",
  { timeout: LIMIT_MS },
  async () => {
    const { client, talker, id, inboxId, slug } = await startAccount();
    const joiner = stack.use(await XmtpPeer.start(node.url));
    const direct = await joiner.client.conversations.createDm(inboxId);
    const huge = JSON.stringify({ inviteSlug: slug, profile: { name: "N".repeat(900_000) } });
    await sendParts(direct, {
      type: JOIN_REQUEST,
      parameters: {},
      content: Buffer.from(huge, "utf8"),
      shouldPush: true,
    });
    // XMTP's library keeps something of each message until its process ends, read by whom it may be.
    const bare = stack.use(await BareXmtp.start(node.url, path.join(folder, "bare")));
    const bareDirect = await joiner.client.conversations.createDm(bare.inboxId);
    await sendParts(bareDirect, encodeTypingIndicator({ isTyping: true }));
    await expect.poll(async () => (await bare.figures()).messages, { timeout: 30_000 }).toBe(1);
    const [before, bareBefore] = [await client.figures(), await bare.figures()];
    const noise = [
      encodeTypingIndicator({ isTyping: true }),
      encodeProfileUpdate({ name: "N".repeat(50_000) }),
      encodeProfileSnapshot([{ inboxId, name: "The owner" }]),
      encodeInviteJoinHandled({
        inviteTag: "tag",
        handledMessageId: "0".repeat(64),
        timestampMs: 0,
      }),
    ];
    let slowestMs = 0;
    for (let count = 0; count < BOOKKEEPING; count += 1) {
      const parts = noise[count % noise.length];
      if (parts !== undefined) {
        const sent = Promise.all([sendParts(direct, parts), sendParts(bareDirect, parts)]);
        await withDeadline(sent, ARRIVAL_MS, `sending of ${count}`);
      }
      if (count % 100 === 99) slowestMs = Math.max(slowestMs, await talk(client, talker, id));
    }
    await expect
      .poll(async () => (await bare.figures()).messages, { timeout: 30_000 })
      .toBe(1 + BOOKKEEPING);
    const [after, bareAfter] = [await client.figures(), await bare.figures()];
    const growthMb = after.anonMb - before.anonMb;
    const bareGrowthMb = bareAfter.anonMb - bareBefore.anonMb;
    console.info(
      `${BOOKKEEPING} messages of bookkeeping: ${growthMb.toFixed(1)} MB more, a bare client beside it ${bareGrowthMb.toFixed(1)} MB, slowest message ${slowestMs.toFixed(0)} ms`,
    );
    // Too large to be a request: nobody was let in by it, and nobody was told anything.
    expect(await joiner.group(id)).toBeUndefined();
    await direct.sync();
    expect(await direct.messages({ excludeSenderInboxIds: [joiner.inboxId] })).toEqual([]);
    await joiner.write(inboxId, encodeJoinRequest({ inviteSlug: slug }));
    await expect.poll(() => joiner.group(id), { timeout: 20_000 }).toBeDefined();
    expect(growthMb).toBeLessThan(MAX_GROWTH_MB + bareGrowthMb);
    expect(slowestMs).toBeLessThan(MAX_LATENCY_MS);
  },
);

/** An account with one conversation, and somebody in it who talks. */
async function startAccount() {
  const client = stack.use(new MeasuredClient(node.url, path.join(folder, "account")));
  await client.start(onTexts);
  const [conversation] = await client.grow(1);
  if (conversation === undefined) throw new Error("test: no conversation");
  const { id, inboxId } = conversation;
  const talker = stack.use(await Talker.start(node.url));
  const slug = await client.invite(id);
  await talker.join(inboxId, id, slug);
  await talk(client, talker, id);
  return { client, talker, id, inboxId, slug };
}

function onTexts(texts: readonly string[]): void {
  received.push(...texts);
}

/** @returns How long a message to the account took. Rejects when the account's process ends before, or it never comes. */
async function talk(
  client: MeasuredClient,
  talker: Talker,
  conversationId: string,
): Promise<number> {
  const text = `message ${received.length}`;
  const arrived = client.process.next("received", ({ texts }) => texts.includes(text));
  const startedMs = performance.now();
  await Promise.all([
    withDeadline(arrived, ARRIVAL_MS, `arrival of ${text}`),
    withDeadline(talker.send(conversationId, text), ARRIVAL_MS, `sending of ${text}`),
  ]);
  return performance.now() - startedMs;
}
