import * as kit from "channel-kit";
import { CHANNEL_ID } from "./config-schema.ts";
import type { InboundFacts } from "./inbound.ts";

type Options = Parameters<typeof kit.createTurnTiming<InboundFacts>>[0];

/** What belongs into one turn, see {@link kit.createTurnTiming}. */
export function createTurnTiming(
  options: Omit<Options, "channelId" | "textOf">,
): kit.TurnTiming<InboundFacts> {
  return kit.createTurnTiming({ ...options, channelId: CHANNEL_ID, textOf });
}

function textOf(facts: InboundFacts): string | undefined {
  if (facts.kind !== "message") return undefined;
  return facts.text === "" ? (facts.forwarded?.text ?? "") : facts.text;
}
