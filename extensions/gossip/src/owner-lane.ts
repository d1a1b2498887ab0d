// Beside owner-grant.ts, since lanes belong to the message path, which setup and doctor must not load.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { laneOf } from "./inbound.ts";
import { listGossipOwners } from "./owner-grant.ts";

/** An owner of the bot waits for his own turns, and not for those of others: people who flood it must not lock him out. */
export function isOwnersLane(cfg: OpenClawConfig, laneKey: string): boolean {
  return listGossipOwners(cfg).some((userId) => laneOf(userId) === laneKey);
}
