// One whole peer in a process of its own: it listens, stores, relays, and tells how much it has.
import { createHash } from "node:crypto";
import { meshKeyFromSeed } from "../../packages/mesh-sdk/src/identity/mesh-key.ts";
import { MeshPeer } from "../../packages/mesh-sdk/src/peer/mesh-peer.ts";
import { type PeerNews, PeerOrderSchema, PeerSetupSchema } from "./peer-orders.ts";

/** No limit that a measurement meets: it is about what the peer can do. */
const NO_LIMIT = 1_000_000;
/** Room for three million messages: what is counted must not be deleted meanwhile. */
const STORE_BYTES = 3 * 1024 ** 3;
const setup = PeerSetupSchema.parse(JSON.parse(process.env["MESH_BENCH_PEER"] ?? ""));
const stop = new AbortController();
const peer = await MeshPeer.open({
  key: meshKeyFromSeed(new Uint8Array(createHash("sha256").update(setup.seed).digest())),
  folder: setup.folder,
  listen: { port: 0 },
  peers: setup.peers,
  channels: setup.channels,
  allowPrivateAddresses: true,
  limits: {
    maxLinksPerAddress: 256,
    messagesPerSecondPerLink: NO_LIMIT,
    messagesPerSecondPerSender: NO_LIMIT,
    messagesPerSecondPerChannel: NO_LIMIT,
    storeBytes: STORE_BYTES,
    storeBytesPerChannel: STORE_BYTES,
    storeBytesPerSender: STORE_BYTES,
  },
});

let wanted = Number.POSITIVE_INFINITY;
let isListening = false;
const tell = (news: PeerNews): void => void process.send?.(news);
const look = (): void => {
  const { listeningPort, stored } = peer.status();
  if (!isListening && listeningPort !== undefined) {
    isListening = true;
    tell({ kind: "listening", port: listeningPort });
  }
  if (stored >= wanted) {
    wanted = Number.POSITIVE_INFINITY;
    tell({ kind: "stored", messages: stored });
  }
};
peer.onStatusChange(look);
process.on("message", (message) => {
  const order = PeerOrderSchema.parse(message);
  if (order.kind === "tell") {
    wanted = order.messages;
    look();
  } else {
    globalThis.gc?.();
    tell({ kind: "collected" });
  }
});
process.on("disconnect", () => stop.abort());

const running = peer.run({ signal: stop.signal });
// What is for it is taken off its hands at once, as the plugin does.
for await (const event of peer.events({ signal: stop.signal })) peer.markHandled(event.id);
await running;
await peer.close();
