import { channelFolder } from "channel-kit/cold";
import { CHANNEL_ID } from "./config-schema.ts";

/** All Gossip identities of one OpenClaw state directory: `<stateDir>/sessions/gossip`. */
export function gossipFolder(stateDir: string): string {
  return channelFolder({ stateDir, channelId: CHANNEL_ID });
}
