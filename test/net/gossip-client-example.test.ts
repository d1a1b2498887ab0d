import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseInvite } from "gossip-sdk";
import { expect, it } from "vitest";
import { GossipNet } from "../support/gossip-people.ts";

const EXAMPLE = fileURLToPath(new URL("../../examples/gossip-echo-bot.ts", import.meta.url));

it("runs the echo bot of the examples: it answers in a reply, and ends when told to", async () => {
  await using net = await GossipNet.start();
  const alice = await net.person("alice");
  const bot = spawn(process.execPath, [EXAMPLE], {
    env: { ...process.env, GOSSIP_RELAY_URL: net.relay.url, GOSSIP_STATE: net.folderFor("bot") },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(bot, "exit");
  try {
    const { userId } = await inviteOf(bot.stdout);
    await alice.until(() => net.relay.stats().keys === 2);
    await alice.client.requestContact(userId);
    const { messageId } = await alice.client.send(userId, { type: "text", text: "hello?" });
    expect(await alice.next("message")).toMatchObject({ text: "hello?", replyTo: messageId });
  } finally {
    bot.kill("SIGTERM");
  }
  expect(await exited).toEqual([0, null]);
});

/** The invite link among the lines that a bot prints. */
async function inviteOf(output: NodeJS.ReadableStream): Promise<ReturnType<typeof parseInvite>> {
  for await (const line of createInterface({ input: output })) {
    if (line.startsWith("gossip://")) return parseInvite(line);
  }
  throw new Error("test: the bot printed no invite link");
}
