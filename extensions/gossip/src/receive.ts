import * as kit from "channel-kit";
import type { GossipEvent } from "gossip-sdk";
import { inspectInbound, messageKey, toInboundFacts, type InboundFacts } from "./inbound.ts";

export type ReceiveOptions = Omit<
  kit.ReceiveOptions<GossipEvent, InboundFacts>,
  "toFacts" | "laneOf" | "takesBack"
>;

/** Takes events over from the protocol client into the channel's queue, see {@link kit.receiveEvents}. */
export async function receiveEvents(options: ReceiveOptions): Promise<void> {
  await kit.receiveEvents<GossipEvent, InboundFacts>({
    ...options,
    toFacts: toInboundFacts,
    laneOf: (facts) => inspectInbound(facts).laneKey,
    takesBack: (facts) =>
      facts.kind === "delete" ? messageKey(facts.peer, facts.targetId) : undefined,
  });
}
