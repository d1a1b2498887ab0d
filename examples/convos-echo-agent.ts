// An agent on @xmtp/agent-sdk that answers everybody with their own words. Start a node first: npm run xmtp-node
//   node examples/convos-echo-agent.ts
// Environment: CONVOS_KEY (default a new one, printed), XMTP_API_URL, CONVOS_STATE (a folder).
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { Agent, Client } from "@xmtp/agent-sdk";
import { convosCodecs, convosSigner, keyFromHex, useConvos } from "convos-node-sdk/agent";

const hex = process.env["CONVOS_KEY"] ?? randomBytes(32).toString("hex");
if (process.env["CONVOS_KEY"] === undefined) console.log(`CONVOS_KEY="${hex}"`);

const key = keyFromHex(hex);
const folder = process.env["CONVOS_STATE"] ?? path.join(".convos-echo-agent", key.inboxId);
mkdirSync(folder, { recursive: true, mode: 0o700 });

const client = await Client.create(convosSigner(key), {
  env: "local",
  apiUrl: process.env["XMTP_API_URL"] ?? "http://127.0.0.1:5556",
  dbPath: path.join(folder, "xmtp.db3"),
  dbEncryptionKey: new Uint8Array(Buffer.from(hex, "hex")),
  codecs: convosCodecs(),
});
const agent = new Agent({ client });
const convos = useConvos(agent, { key, network: "local", profile: { name: "Echo" } });
agent.use(async (ctx, next) => {
  if (ctx.isText()) {
    await convos.setTyping(ctx.conversation, true);
    await ctx.sendTextReply(ctx.message.content);
    await convos.setTyping(ctx.conversation, false);
  }
  await next();
});
for (const name of ["SIGINT", "SIGTERM"]) {
  process.once(name, () => void agent.stop().then(() => process.exit()));
}
await agent.start();

const [known] = client.conversations.listGroups();
const { id } = known ?? (await convos.createConversation({ name: "Echo" }));
console.log(convos.createInvite(id).url);
