import { claimAccount, findIdentity, type ClaimedIdentity, type ClaimOptions } from "channel-kit";
import { convosChannel } from "./account-channel.ts";
import type { ConvosIdentity } from "./client-identity.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { ConvosChannelError } from "./errors.ts";

/**
 * Opens the account's identity for this process alone, see {@link claimAccount}. The setup makes it, together with the
 * first invite: an identity alone can neither be written to nor found.
 *
 * @throws ConvosChannelError `identity_missing` too.
 */
export async function claimIdentity(
  options: Omit<ClaimOptions<ConvosIdentity>, "channelId" | "maker" | "now">,
): Promise<ClaimedIdentity<ConvosIdentity>> {
  const { account, stateDir } = options;
  // Words in the configuration are an identity that somebody has; without them one has to be made first.
  const isMissing =
    account.mnemonic.kind === "generated" &&
    (await findIdentity({ stateDir, channelId: CHANNEL_ID }, account)) === undefined;
  if (isMissing) {
    throw new ConvosChannelError(
      "identity_missing",
      `convos: account "${account.accountId}" needs an identity and an invite: openclaw channels add --channel convos`,
    );
  }
  return await claimAccount(convosChannel, options);
}
