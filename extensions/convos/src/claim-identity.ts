import * as kit from "channel-kit";
import { identityMaker, type ConvosIdentity } from "./client-identity.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { ConvosChannelError } from "./errors.ts";

type ClaimOptions = Omit<kit.ClaimOptions<ConvosIdentity>, "channelId" | "maker" | "now">;

/**
 * Opens the account's identity for this process alone, see {@link kit.claimIdentity}. The setup makes it, together with the
 * first invite: an identity alone can neither be written to nor found.
 *
 * @throws ConvosChannelError `identity_missing` too.
 */
export async function claimIdentity(
  options: ClaimOptions,
): Promise<kit.ClaimedIdentity<ConvosIdentity>> {
  const { account, stateDir } = options;
  const home = { stateDir, channelId: CHANNEL_ID };
  // Words in the configuration are an identity that somebody has; without them one has to be made first.
  const isMissing =
    account.mnemonic.kind === "generated" && (await kit.findIdentity(home, account)) === undefined;
  if (isMissing) {
    throw new ConvosChannelError(
      "identity_missing",
      `convos: account "${account.accountId}" needs an identity and an invite: openclaw channels add --channel convos`,
    );
  }
  return await kit.claimIdentity({
    ...options,
    channelId: CHANNEL_ID,
    maker: identityMaker,
    now: Date.now,
  });
}
