import * as kit from "channel-kit";
import { identityMaker } from "./client-identity.ts";
import { CHANNEL_ID } from "./config-schema.ts";

type Claimed = Awaited<ReturnType<(typeof identityMaker)["derive"]>>;

/** Opens the account's identity for this process alone, see {@link kit.claimIdentity}. */
export function claimIdentity(
  options: Omit<kit.ClaimOptions<Claimed>, "channelId" | "maker" | "now">,
): Promise<kit.ClaimedIdentity<Claimed>> {
  return kit.claimIdentity({
    ...options,
    channelId: CHANNEL_ID,
    maker: identityMaker,
    now: Date.now,
  });
}
