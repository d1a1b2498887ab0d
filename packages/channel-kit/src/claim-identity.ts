import type { AccountChannel, ChannelAccount } from "./account-channel.ts";
import { acquireIdentityLock, type IdentityLock, type LockOptions } from "./lock.ts";
import { renameIdentity } from "./identity-file.ts";
import { openIdentity, type OpenedIdentity, type OpenIdentityOptions } from "./identity.ts";

export interface ClaimedIdentity<TIdentity> extends OpenedIdentity<TIdentity> {
  /** Held until the account has stopped. */
  readonly lock: IdentityLock;
}

export type ClaimOptions<TIdentity extends { readonly userId: string }> =
  OpenIdentityOptions<TIdentity> & Pick<LockOptions, "signal" | "folders" | "onSkipped">;

/**
 * Opens the account's identity for this process alone, and gives its folder the name of the present username.
 *
 * @throws What {@link openIdentity} and {@link acquireIdentityLock} throw.
 */
export async function claimIdentity<TIdentity extends { readonly userId: string }>(
  options: ClaimOptions<TIdentity>,
): Promise<ClaimedIdentity<TIdentity>> {
  const opened = await openIdentity(options);
  const { account, channelId, folders, onSkipped, signal, stateDir } = options;
  const lock = await acquireIdentityLock({
    userId: opened.identity.userId,
    channelId,
    stateDir,
    signal,
    ...(folders === undefined ? {} : { folders }),
    ...(onSkipped === undefined ? {} : { onSkipped }),
  });
  try {
    const folder =
      opened.folder.record.username === account.username
        ? opened.folder
        : await renameIdentity(opened.folder, account.username);
    return { ...opened, folder, lock };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** The same for an account of a channel, which says how its identities are made. */
export async function claimAccount<TIdentity extends { readonly userId: string }>(
  channel: AccountChannel<ChannelAccount, TIdentity>,
  options: Omit<ClaimOptions<TIdentity>, "channelId" | "maker" | "now">,
): Promise<ClaimedIdentity<TIdentity>> {
  const { maker } = await channel.loadIdentities();
  return await claimIdentity({ ...options, channelId: channel.id, maker, now: Date.now });
}
