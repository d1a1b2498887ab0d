import { createCliContext, requireIdentity } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { meshChannel } from "./account-channel.ts";

/** For `openclaw channels login`: the id by which others reach the bot. */
export async function printPeerId(
  cfg: OpenClawConfig,
  accountId: string | null | undefined,
  print: (line: string) => void,
): Promise<void> {
  const { record } = await requireIdentity(
    createCliContext(meshChannel, cfg, accountId ?? undefined),
  );
  print(record.userId);
  print("Other peers write to this id. There is nothing to log in to: the key is the account.");
}
