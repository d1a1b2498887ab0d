import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { Agent, Client } from "@xmtp/agent-sdk";
import { generateMnemonic, rootFromMnemonic } from "convos-node-sdk";
import {
  type ConvosAgent,
  type ConvosAgentOptions,
  convosCodecs,
  convosSigner,
  useConvos,
} from "convos-node-sdk/agent";
import { expect, it } from "vitest";
import { ConvosNet, type ConvosPerson } from "../support/convos-people.ts";

const EXAMPLE = fileURLToPath(new URL("../../examples/convos-echo-agent.ts", import.meta.url));

it("lets people in by invite, answers them, and hears nothing of the app's bookkeeping", async () => {
  await using net = await ConvosNet.start();
  await using echo = await EchoAgent.open(net);
  await echo.start();
  const { id } = await echo.convos.createConversation({ name: "Echo room", emoji: "🛶" });
  const { url } = echo.convos.createInvite(id);
  const alice = await net.person("alice");
  expect(await alice.join(url)).toMatchObject({ id, name: "Echo room", emoji: "🛶" });
  const asked = await alice.sendText(id, "hello?");
  expect(await alice.next("message")).toMatchObject({ text: "hello?", replyTo: asked });
  expect(await alice.client.members(id)).toContainEqual(
    expect.objectContaining({ name: "Echo", kind: "agent", role: "super_admin" }),
  );
  const profiles = await echo.convos.profiles(id);
  const [aliceInbox = ""] = alice.client.conversations().map(({ inboxId }) => inboxId);
  expect(profiles.get(aliceInbox)).toMatchObject({ name: "alice", memberKind: "agent" });
  // Join requests came typed or as text, and a profile did: the handlers saw one text.
  expect(echo.heard).toEqual(["hello?"]);
});

it("answers requests from while it was stopped, and refuses a used and a revoked invite", async () => {
  await using net = await ConvosNet.start();
  await using echo = await EchoAgent.open(net);
  await echo.start();
  const { id } = await echo.convos.createConversation();
  const single = echo.convos.createInvite(id, { singleUse: true });
  const revoked = echo.convos.createInvite(id);
  await echo.agent.stop();
  const [alice, bob, carol] = await Promise.all(
    ["alice", "bob", "carol"].map((name) => net.person(name)),
  );
  const first = await alice!.client.join(single.url);
  const joined = whenJoined(alice!, first.joinId);
  await echo.agent.start();
  expect(await joined).toMatchObject({ id });
  await expect(bob!.join(single.url)).rejects.toMatchObject({ code: "join_refused" });
  await echo.convos.revokeInvites(id);
  await expect(carol!.join(revoked.url)).rejects.toMatchObject({ code: "join_refused" });
});

it("asks who may come in, and takes a question that fails for a no", async () => {
  await using net = await ConvosNet.start();
  const asked: string[] = [];
  await using echo = await EchoAgent.open(net, {
    admit: ({ profile }) => {
      asked.push(profile?.name ?? "");
      if (profile?.name === "mallory") throw new Error("cannot decide");
      return "admit";
    },
  });
  await echo.start();
  const { id } = await echo.convos.createConversation();
  const { url } = echo.convos.createInvite(id);
  const mallory = await net.person("mallory");
  await expect(mallory.join(url)).rejects.toMatchObject({ code: "join_refused" });
  const alice = await net.person("alice");
  expect(await alice.join(url)).toMatchObject({ id, memberCount: 2 });
  expect(asked).toEqual(["mallory", "alice"]);
});

it("runs the echo agent of the examples: it answers in a reply, and ends when told to", async () => {
  await using net = await ConvosNet.start();
  const alice = await net.person("alice");
  const agent = spawn(process.execPath, [EXAMPLE], {
    env: { ...process.env, XMTP_API_URL: net.node.url, CONVOS_STATE: net.folderFor("agent") },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(agent, "exit");
  try {
    const { id } = await alice.join(await inviteOf(agent));
    const messageId = await alice.sendText(id, "hello?");
    expect(await alice.next("message")).toMatchObject({ text: "hello?", replyTo: messageId });
  } finally {
    agent.kill("SIGTERM");
  }
  expect(await exited).toEqual([0, null]);
});

/** The real Agent with our middleware, which answers every text with itself. */
class EchoAgent implements AsyncDisposable {
  readonly agent: Agent;
  readonly convos: ConvosAgent;
  readonly heard: string[] = [];

  private constructor(client: Client, options: ConvosAgentOptions) {
    this.agent = new Agent({ client });
    this.convos = useConvos(this.agent, options);
    this.agent.on("message", (ctx) => void this.heard.push(String(ctx.message.content)));
    this.agent.use(async (ctx, next) => {
      if (ctx.isText()) await ctx.sendTextReply(ctx.message.content);
      await next();
    });
  }

  static async open(net: ConvosNet, options: Partial<ConvosAgentOptions> = {}): Promise<EchoAgent> {
    const key = rootFromMnemonic(generateMnemonic()).conversationKey(0);
    const client = await Client.create(convosSigner(key), {
      env: "local",
      apiUrl: net.node.url,
      dbPath: net.folderFor("agent.db3"),
      dbEncryptionKey: new Uint8Array(32).fill(7),
      disableDeviceSync: true,
      codecs: convosCodecs(),
    });
    return new EchoAgent(client, { key, network: "local", profile: { name: "Echo" }, ...options });
  }

  async start(): Promise<void> {
    await this.agent.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.agent.stop();
    await this.agent.client.close();
  }
}

function whenJoined({ client }: ConvosPerson, joinId: string): Promise<unknown> {
  return client.whenJoined(joinId, { signal: AbortSignal.timeout(30_000) });
}

/** The invite among the lines that an agent prints. */
async function inviteOf({ stdout }: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  for await (const line of createInterface({ input: stdout })) {
    if (line.startsWith("https://")) return line;
  }
  throw new Error("test: the agent printed no invite");
}
