import * as kit from "channel-kit/terminal";
import { CHANNEL_ID } from "./config-schema.ts";

/** The commands that move an account's words into OpenClaw's secret store, see {@link kit.describeSecretMove}. */
export function describeSecretMove(accountId: string, file?: string): string[] {
  return kit.describeSecretMove(
    { channelId: CHANNEL_ID, accountId, variable: "MESH_MNEMONIC" },
    file,
  );
}
