/** The echo over the mesh. MNEMONIC is in its environment; everything else comes in orders from the parent. */
import { createHash } from "node:crypto";
import path from "node:path";
import { MeshPeer } from "../../packages/mesh-sdk/src/index.ts";
import { type EchoClient, type GoOrder, serveEcho } from "./echo-account.ts";
import { CHANNEL, CRASH_TIMING, keyFrom, padEcho } from "./mesh-line.ts";

const secret = process.env["MNEMONIC"] ?? "";
serveEcho(openMeshEcho);

async function openMeshEcho(order: GoOrder): Promise<EchoClient> {
  const peer = await MeshPeer.open({
    key: keyFrom(secret),
    folder: path.join(order.stateDir, "mesh"),
    peers: [order.networkUrl],
    allowPrivateAddresses: true,
    channels: [CHANNEL],
    skipHistory: true,
    timing: CRASH_TIMING,
  });
  return {
    storageKey: createHash("sha256").update(`durable ${secret}`).digest(),
    run: (signal) => peer.run({ signal }),
    async *events(signal) {
      for await (const { id, body, channelId, kind, messageId, senderId } of peer.events({
        signal,
      })) {
        const to = kind === "group" ? channelId : senderId;
        yield { id, message: { messageId, peer: to, text: body } };
      }
    },
    markHandled: (id) => peer.markHandled(id),
    async send(to, text, messageId) {
      const key = messageId.toString();
      const content = { body: padEcho(text) };
      if (to === CHANNEL) await peer.publish(to, content, { key });
      else await peer.sendDirect(to, content, { key });
      return key;
    },
    status() {
      const { madeElsewhere, queueDepth, unhandled } = peer.status();
      return { copiesSeen: madeElsewhere, unhandled, queueDepth };
    },
    [Symbol.asyncDispose]: () => peer.close(),
  };
}
