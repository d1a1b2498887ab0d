/** The echo over Convos. MNEMONIC is in its environment; everything else comes in orders from the parent. */
import path from "node:path";
import {
  ConvosClient,
  createXmtpNetwork,
  rootFromMnemonic,
  type XmtpNetwork,
} from "../../packages/convos-node-sdk/src/index.ts";
import { changeInboxes } from "../support/change-inboxes.ts";
import { type EchoClient, type GoOrder, serveEcho } from "./echo-account.ts";
import { type ConvosPoint, CRASH_TIMING, echoOf } from "./convos-line.ts";

// The native module takes longest to load, and the client loads it only when it is needed.
await import("@xmtp/node-bindings");
const root = rootFromMnemonic(process.env["MNEMONIC"] ?? "");
serveEcho(openConvosEcho);

async function openConvosEcho(
  order: GoOrder,
  reach: (point: ConvosPoint) => void,
): Promise<EchoClient> {
  const client = await ConvosClient.open({
    folder: path.join(order.stateDir, "convos"),
    root,
    env: "local",
    network: watched(createXmtpNetwork({ env: "local", apiUrl: order.networkUrl }), reach),
    timing: CRASH_TIMING,
  });
  const isNew = client.conversations().length + client.pendingJoins().length === 0;
  if (isNew && order.invite !== undefined) await client.join(order.invite);
  return {
    storageKey: root.storageKey().reveal(),
    run: (signal) => client.run({ signal }),
    async *events(signal) {
      for await (const event of client.events({ signal })) {
        if (event.type !== "message") yield { id: event.id };
        else {
          const { messageId, conversationId: peer, text } = event;
          yield { id: event.id, message: { messageId, peer, text } };
        }
      }
    },
    markHandled: (id) => client.markHandled(id),
    async send(peer, text, messageId) {
      const key = Buffer.from(messageId).toString("hex");
      await client.send(peer, echoOf(text), { key });
      return key;
    },
    status() {
      const { maxInstallations, unhandled, queueDepth } = client.status();
      return { copiesSeen: Math.max(0, maxInstallations - 1), unhandled, queueDepth };
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** The real network, with a point to die at before and after each thing that a message goes through. */
function watched(network: XmtpNetwork, reach: (point: ConvosPoint) => void): XmtpNetwork {
  return changeInboxes(network, (inbox) => ({
    group(id) {
      const group = inbox.group(id);
      return (
        group && {
          ...group,
          prepare(content, key) {
            reach("preparing");
            const messageId = group.prepare(content, key);
            reach("prepared");
            return messageId;
          },
          async publish(messageId) {
            await group.publish(messageId);
            reach("published");
          },
        }
      );
    },
  }));
}
