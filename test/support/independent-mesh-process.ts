/**
 * The independent mesh peer as a process of its own: `fork` it, send it orders, and it reports. Its options come as JSON in
 * `INDEPENDENT_MESH_PEER`.
 */
import { createHash } from "node:crypto";
import * as z from "zod";
import { IndependentMeshPeer } from "./independent-mesh-peer.ts";
import { independentKey } from "./independent-mesh-rules.ts";

export const SetupSchema = z.object({
  host: z.string(),
  port: z.number().optional(),
  storePath: z.string().optional(),
  /** 64 hexadecimal digits; without them it signs nothing. */
  seedHex: z.string().optional(),
  channels: z.array(z.string()).optional(),
  peers: z.array(z.string()).optional(),
  bootstrapUrl: z.string().optional(),
});
export type IndependentSetup = z.infer<typeof SetupSchema>;

const OrderSchema = z.discriminatedUnion("do", [
  z.object({
    do: z.literal("publish"),
    channel: z.string(),
    bodies: z.array(z.string()),
    payload: z.unknown().optional(),
  }),
  z.object({ do: z.literal("subscribe"), channel: z.string() }),
  z.object({ do: z.literal("dial"), url: z.string() }),
  z.object({ do: z.literal("summarize"), channel: z.string() }),
  z.object({ do: z.literal("search"), text: z.string() }),
]);
export type IndependentOrder = z.input<typeof OrderSchema>;

export const ReportSchema = z.discriminatedUnion("said", [
  z.object({ said: z.literal("ready"), peerId: z.string(), url: z.string() }),
  z.object({
    said: z.literal("message"),
    channel: z.string(),
    sender: z.string(),
    body: z.unknown(),
  }),
  z.object({ said: z.literal("published"), ids: z.array(z.string()) }),
  z.object({ said: z.literal("summary"), count: z.number(), hash: z.string() }),
  z.object({ said: z.literal("found"), count: z.number() }),
  z.object({ said: z.literal("greeted"), peerId: z.string() }),
]);
export type IndependentReport = z.infer<typeof ReportSchema>;

/** One number for a set of ids, whatever order they are in. */
export function hashOfIds(ids: readonly string[]): string {
  return createHash("sha256").update(ids.toSorted().join("\n")).digest("hex");
}

async function main(setupText: string): Promise<void> {
  const { seedHex, ...setup } = SetupSchema.parse(JSON.parse(setupText));
  const peer = await IndependentMeshPeer.start({
    host: setup.host,
    ...(setup.port !== undefined && { port: setup.port }),
    ...(setup.storePath !== undefined && { storePath: setup.storePath }),
    ...(setup.channels !== undefined && { channels: setup.channels }),
    ...(seedHex !== undefined && { key: independentKey(Buffer.from(seedHex, "hex")) }),
  });
  peer.on("message", (message) =>
    report({
      said: "message",
      channel: message.channel_id,
      sender: message.sender_id,
      body: message.body,
    }),
  );
  peer.on("greeted", (peerId) => report({ said: "greeted", peerId }));
  process.on("message", (order: unknown) => obey(peer, OrderSchema.parse(order)));
  process.on("disconnect", () => process.exit(0));
  report({ said: "ready", peerId: peer.peerId, url: peer.url });
  for (const url of setup.peers ?? []) peer.dial(url);
  if (setup.bootstrapUrl !== undefined) await peer.dialListed(setup.bootstrapUrl);
}

function obey(peer: IndependentMeshPeer, order: z.output<typeof OrderSchema>): void {
  if (order.do === "subscribe") peer.subscribe(order.channel);
  if (order.do === "dial") peer.dial(order.url);
  if (order.do === "search") report({ said: "found", count: peer.store.countOf(order.text) });
  if (order.do === "publish") {
    const { bodies, channel, payload } = order;
    const sent = bodies.map((body) => peer.publish(channel, body, payload));
    report({ said: "published", ids: sent.map((message) => message.message_id) });
  }
  if (order.do === "summarize") {
    const ids = peer.store.ids(order.channel);
    report({ said: "summary", count: ids.length, hash: hashOfIds(ids) });
  }
}

function report(text: IndependentReport): void {
  process.send?.(text);
}

const setupText = process.env["INDEPENDENT_MESH_PEER"];
if (setupText !== undefined) await main(setupText);
