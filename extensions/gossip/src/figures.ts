// What status says of a running account, and what of that only Gossip has.
import type { LiveFigures } from "channel-kit";
import type { ConnectionStatus } from "./client.ts";

/** What the relay's client knows beside the figures that every channel has. */
export type OwnFigures = Pick<
  ConnectionStatus,
  "bytesToday" | "clockOffsetMs" | "forkNoticedAtMs" | "forksNoticed" | "pendingRequests"
>;

export type GossipFigures = LiveFigures & OwnFigures;

export function pickOwnFigures(status: OwnFigures): OwnFigures {
  const { bytesToday, clockOffsetMs, forkNoticedAtMs, forksNoticed, pendingRequests } = status;
  return { bytesToday, clockOffsetMs, forkNoticedAtMs, forksNoticed, pendingRequests };
}
