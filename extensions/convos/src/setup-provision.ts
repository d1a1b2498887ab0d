// What every way of setting up ends with: an identity on disk, and an invite beside it that the gateway joins by.
import { isBackupConfirmed } from "channel-kit";
import * as kit from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { convosChannel } from "./account-channel.ts";
import { resolveConvosAccount } from "./accounts.ts";
import { identityMaker } from "./client-identity.ts";
import { ConvosChannelError } from "./errors.ts";
import { assertSameNetwork, type InviteOffer } from "./invite-offer.ts";
import { storeInvite } from "./pending-invites.ts";

export interface ProvisionOptions {
  readonly cfg: OpenClawConfig;
  readonly accountId: string;
  readonly stateDir: string;
  readonly offer?: InviteOffer;
  /** Words to restore; without them what is on disk is kept, or an identity is made. */
  readonly words?: kit.ProvisionOptions["words"];
  readonly now: () => number;
}

export interface Provisioned {
  readonly identity: kit.ProvisionedIdentity["identity"];
  /** 16 hexadecimal characters, by which backups and messages name it; nobody can write to it. */
  readonly userId: string;
  readonly folder: string;
  readonly backupConfirmed: boolean;
  readonly hasInvite: boolean;
}

/**
 * Makes the identity of an account exist, and stores the invite.
 *
 * @returns undefined when a secret reference names the identity, which only the gateway resolves.
 * @throws ConvosChannelError; nothing is replaced.
 */
export async function provision(options: ProvisionOptions): Promise<Provisioned | undefined> {
  const { accountId, cfg, now, offer, stateDir, words } = options;
  const account = resolveConvosAccount(cfg, accountId);
  if (offer !== undefined) assertSameNetwork(offer, account.env);
  const done = await kit.provisionIdentity({
    channel: convosChannel,
    cfg,
    accountId,
    stateDir,
    now,
    ...(words === undefined ? {} : { words }),
  });
  if (done === undefined) {
    if (offer !== undefined) throw wordsElsewhere();
    return undefined;
  }
  const { path: folder, record } = done.folder;
  if (offer !== undefined) {
    const kept =
      account.mnemonic.kind === "configured" ? account.mnemonic.words.reveal() : record.mnemonic;
    if (kept === undefined) throw wordsElsewhere();
    await storeInvite({ folder, identity: await identityMaker.derive(kept) }, offer.text);
  }
  return {
    identity: done.identity,
    userId: record.userId,
    folder,
    backupConfirmed: isBackupConfirmed(record),
    hasInvite: offer !== undefined,
  };
}

/** An invite is stored sealed under the words, which this process does not get. */
function wordsElsewhere(): ConvosChannelError {
  return new ConvosChannelError(
    "mnemonic_unavailable",
    "convos: the recovery phrase is in a secret that only the gateway resolves, so the invite is not stored here. " +
      "Start the gateway, then: openclaw convos join --invite-file FILE",
  );
}
