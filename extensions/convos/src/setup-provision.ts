// What every way of setting up ends with: an identity on disk, and an invite beside it that the gateway joins by.
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
  readonly now: () => number;
}

export interface Provisioned {
  readonly identity: kit.ProvisionedIdentity["identity"];
  readonly folder: string;
  readonly hasInvite: boolean;
}

/** Makes the identity of an account exist, and stores the invite. @throws ConvosChannelError; nothing is replaced. */
export async function provision(options: ProvisionOptions): Promise<Provisioned> {
  const { accountId, cfg, now, offer, stateDir } = options;
  const account = resolveConvosAccount(cfg, accountId);
  if (offer !== undefined) assertSameNetwork(offer, account.env);
  const done = await kit.provisionIdentity({
    channel: convosChannel,
    cfg,
    accountId,
    stateDir,
    now,
  });
  if (done === undefined) {
    throw new ConvosChannelError("identity_missing", "convos: there is no identity");
  }
  const { path: folder, record } = done.folder;
  if (offer !== undefined) {
    const identity = await identityMaker.derive(record.mnemonic ?? "");
    await storeInvite({ folder, identity }, offer.text);
  }
  return { identity: done.identity, folder, hasInvite: offer !== undefined };
}
