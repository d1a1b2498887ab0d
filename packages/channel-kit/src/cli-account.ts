// Whether there is an account that a command names. What an account inherits from its section is no sign of it: a slip of the
// keyboard would get an answer about an account that is none.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import type { AccountChannel } from "./account-channel.ts";
import { ChannelKitError } from "./errors.ts";
import { findIdentity } from "./identity-file.ts";

/**
 * What has to be there of an account that a command names: `account`, its configuration; `identity`, at least its keys, for
 * those of a removed account stay; `nothing`, for a command that makes it.
 */
export type AccountNeed = "account" | "identity" | "nothing";

/**
 * @param named - The account as it was given; without one the command is about the section itself.
 * @throws ChannelKitError `command_refused`, with the accounts that are configured.
 */
export async function assertNamedAccount(
  channel: AccountChannel,
  cfg: OpenClawConfig,
  named: string | undefined,
  need: AccountNeed = "account",
): Promise<void> {
  if (named === undefined || need === "nothing") return;
  const account = channel.resolveAccount(cfg, named);
  if (account.configured) return;
  const home = { stateDir: resolveStateDir(process.env), channelId: channel.id };
  if (need === "identity" && (await findIdentity(home, account)) !== undefined) return;
  const configured = channel
    .listAccountIds(cfg)
    .filter((id) => channel.resolveAccount(cfg, id).configured);
  const others = configured.length === 0 ? "none" : configured.join(", ");
  throw new ChannelKitError(
    "command_refused",
    `${channel.id}: no account "${account.accountId}" is configured. There are: ${others}. ` +
      `To make it: openclaw ${channel.id} setup --account ${account.accountId}`,
  );
}
