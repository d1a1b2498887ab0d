/** The echo over Gossip. MNEMONIC is in its environment; everything else comes in orders from the parent. */
import path from "node:path";
import {
  createHttpRelayClient,
  defaultCrypto,
  GossipClient,
  identityFromMnemonic,
  parseUserId,
} from "../../packages/gossip-sdk/src/index.ts";
import { type EchoClient, type GoOrder, serveEcho } from "./echo-account.ts";
import { CRASH_POLLING } from "./gossip-polling.ts";

const crypto = defaultCrypto();
const identity = await identityFromMnemonic(process.env["MNEMONIC"] ?? "", crypto);
serveEcho(openGossipEcho);

async function openGossipEcho(order: GoOrder): Promise<EchoClient> {
  const client = await GossipClient.open({
    identity,
    relay: createHttpRelayClient({ url: order.networkUrl }),
    databasePath: path.join(order.stateDir, "gossip", "gossip.db"),
    shouldAccept: () => "trusted",
    crypto,
    polling: CRASH_POLLING,
  });
  return {
    storageKey: identity.storageKey.reveal(),
    run: (signal) => client.run({ signal }),
    async *events(signal) {
      for await (const event of client.events({ signal })) {
        if (event.type !== "message") yield { id: event.id };
        else {
          const { peer, text } = event;
          yield { id: event.id, message: { messageId: toHex(event.messageId), peer, text } };
        }
      }
    },
    markHandled: (id) => client.markHandled(id),
    async send(peer, text, messageId) {
      const sent = await client.send(parseUserId(peer), { type: "text", text }, { messageId });
      return toHex(sent.messageId);
    },
    status() {
      const { forksNoticed, unhandled, queueDepth } = client.status();
      return { copiesSeen: forksNoticed, unhandled, queueDepth };
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
