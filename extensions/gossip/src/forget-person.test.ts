import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createIdentity } from "channel-kit";
import { withStoppedDeadLetters } from "channel-kit/terminal";
import { expect, it } from "vitest";
import { fillStoppedAccount } from "../test-support/stopped-account.ts";
import { gossipChannel } from "./account-channel.ts";
import { resolveGossipAccount } from "./accounts.ts";
import { identityMaker } from "./client.ts";
import { readSender } from "./dead-letters.ts";
import { forgetPerson, type ForgetOptions } from "./forget-person.ts";
import { forgetInStoppedAccount } from "./stopped-account.ts";

const WORDS =
  "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const BOB = "gossip1bob";

function watch(own: Partial<ForgetOptions> = {}) {
  const done: string[] = [];
  const options: ForgetOptions = {
    outbox: { dropTarget: (target) => done.push(`outbox ${target}`) },
    connection: {
      forget: async (userId) => {
        done.push(`client ${userId}`);
        return true;
      },
    },
    erasure: {
      eraseConversation: ({ target }) => done.push(`queue ${target}`),
    },
    isAdmitted: () => Promise.resolve(false),
    signal: new AbortController().signal,
    ...own,
  };
  return { done, options };
}

it("empties the outbox before the protocol client, so that nothing is queued again", async () => {
  const { done, options } = watch();
  await expect(forgetPerson(options, BOB)).resolves.toBe(true);
  expect(done).toEqual([`outbox ${BOB}`, `client ${BOB}`, `queue ${BOB}`]);
});

it("waits until the running account has heard that access is closed, but not for ever", async () => {
  let asked = 0;
  const closing = watch({ isAdmitted: async () => (asked += 1) < 3 });
  await forgetPerson(closing.options, BOB);
  expect(asked).toBe(3);
  const open = watch({ isAdmitted: () => Promise.resolve(true), waitMs: 1 });
  await forgetPerson(open.options, BOB);
  expect(open.done).toHaveLength(3);
});

it("says when there was nothing", async () => {
  const { options } = watch({
    outbox: { dropTarget: () => 0 },
    connection: { forget: () => Promise.resolve(false) },
    erasure: { eraseConversation: () => 0 },
  });
  await expect(forgetPerson(options, BOB)).resolves.toBe(false);
});

it("also takes what waits out of the files of an account that does not run", async () => {
  const stateDir = await mkdtemp(path.join(tmpdir(), "gossip-forget-"));
  try {
    const options = { stateDir, account: resolveGossipAccount({ channels: { gossip: {} } }) };
    const { userId } = await identityMaker.derive(WORDS);
    await expect(forgetInStoppedAccount(options, userId)).resolves.toBe(false);
    await createIdentity(
      { stateDir, channelId: "gossip" },
      {
        accountId: "default",
        username: "openclaw",
        userId,
        mnemonic: WORDS,
        createdAt: new Date(0).toISOString(),
      },
    );
    await fillStoppedAccount(options, userId);
    const countDead = () =>
      withStoppedDeadLetters(
        { ...options, channel: gossipChannel },
        readSender,
        async (desk) => (await desk.list()).length,
      );
    await expect(countDead()).resolves.toBe(1);
    await expect(forgetInStoppedAccount(options, userId)).resolves.toBe(true);
    await expect(countDead()).resolves.toBe(0);
    await expect(forgetInStoppedAccount(options, userId)).resolves.toBe(false);
  } finally {
    await rm(stateDir, { recursive: true, force: true });
  }
});
