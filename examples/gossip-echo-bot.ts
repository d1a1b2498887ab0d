// A bot that answers everybody with their own words. Start a relay first: npm run relay
//   node examples/gossip-echo-bot.ts
// Environment: GOSSIP_MNEMONIC (default: new words, printed), GOSSIP_RELAY_URL, GOSSIP_STATE (a folder).
import path from "node:path";
import {
  createHttpRelayClient,
  defaultCrypto,
  formatInviteLink,
  generateMnemonic,
  GossipClient,
  identityFromMnemonic,
} from "gossip-sdk";

const relayUrl = process.env["GOSSIP_RELAY_URL"] ?? "http://127.0.0.1:5557/api";
const words = process.env["GOSSIP_MNEMONIC"] ?? generateMnemonic();
if (process.env["GOSSIP_MNEMONIC"] === undefined) console.log(`GOSSIP_MNEMONIC="${words}"`);

const identity = await identityFromMnemonic(words, defaultCrypto());
const folder = process.env["GOSSIP_STATE"] ?? path.join(".gossip-echo-bot", identity.userId);
const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => stop.abort());
const { signal } = stop;

await using client = await GossipClient.open({
  identity,
  relay: createHttpRelayClient({ url: relayUrl }),
  databasePath: path.join(folder, "gossip.db"),
  displayName: "Echo",
  shouldAccept: () => "trusted",
  log: { debug: () => {}, info: console.log, warn: console.warn },
});
console.log(formatInviteLink(identity.userId, "Echo"));

const running = client.run({ signal });
for await (const event of client.events({ signal })) {
  if (event.type === "message") {
    // The same id for the same event: if we are stopped right here, the answer is still sent only once.
    const messageId = event.messageId.toReversed();
    const echo = { type: "reply", text: event.text, citedId: event.messageId } as const;
    await client.send(event.peer, echo, { messageId });
  }
  client.markHandled(event.id);
}
await running;
