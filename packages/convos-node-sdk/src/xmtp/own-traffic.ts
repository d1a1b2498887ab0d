import { createHmac, timingSafeEqual } from "node:crypto";
import type { Conversation } from "@xmtp/node-bindings";
import type { OwnTraffic } from "./port.ts";
import { isApplicationMessage, type NodeMessage, NodeReader } from "./node-messages.ts";

/** A look reads no more than this at a time. */
const MAX_PAGES = 20;

/** Reads what the node has of a conversation, and picks what bears our mark. @throws ConvosError see {@link NodeReader}. */
export async function readOwnTraffic(
  conversation: Conversation,
  nodeUrl: string,
  after: string,
  signal: AbortSignal,
): Promise<OwnTraffic> {
  const keys = Object.values(conversation.hmacKeys())
    .flat()
    .map(({ key }) => key);
  await using reader = new NodeReader(nodeUrl, signal);
  const messages: OwnTraffic["messages"][number][] = [];
  let position = BigInt(after);
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const found = await reader.after(conversation.id(), position);
    for (const message of found) {
      // A node that does not keep to the order must not send us round in circles.
      if (message.position <= position) continue;
      position = message.position;
      if (!isApplicationMessage(message.data) || !bearsMark(message, keys)) continue;
      const { mark, sentAtNs } = message;
      messages.push({ mark: Buffer.from(mark).toString("hex"), sentAtNs });
    }
    if (found.length === 0) return { position: String(position), messages, isWhole: true };
  }
  return { position: String(position), messages, isWhole: false };
}

function bearsMark({ data, mark }: NodeMessage, keys: readonly Uint8Array[]): boolean {
  return keys.some((key) => {
    const own = createHmac("sha256", key).update(data).digest();
    return own.length === mark.length && timingSafeEqual(own, mark);
  });
}
