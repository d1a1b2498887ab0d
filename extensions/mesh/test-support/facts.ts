import type { InboundFacts } from "../src/inbound.ts";

/** A peer id that is a key, or looks like one: 32 equal bytes. */
export function peerIdOf(fill: number): string {
  return Buffer.alloc(32, fill).toString("base64url");
}

/** A message in a channel, or a direct one without a channel. */
export function messageFrom(
  senderId: string,
  { channelId, ...more }: { readonly channelId?: string } & Partial<InboundFacts> = {},
): InboundFacts {
  return {
    kind: "message",
    key: `message:${senderId}`,
    chat: channelId === undefined ? { kind: "direct" } : { kind: "group", channelId },
    senderId,
    verified: true,
    sealed: channelId === undefined,
    messageId: "m1",
    text: "hello",
    sentAtMs: 0,
    arrivedAtMs: 0,
    ...more,
  };
}
