import * as kit from "channel-kit/terminal";
import { convosChannel } from "./account-channel.ts";

/** The commands that move an account's words into OpenClaw's secret store, see {@link kit.describeSecretMove}. */
export function describeSecretMove(accountId: string, file?: string): string[] {
  const { id: channelId, phraseVariable: variable } = convosChannel;
  return kit.describeSecretMove({ channelId, accountId, variable }, file);
}
