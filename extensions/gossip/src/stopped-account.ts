// What only Gossip has to do with an account that no gateway runs; the rest is shared.
import { openErasure } from "channel-durability";
import { findIdentity } from "channel-kit";
import * as kit from "channel-kit/terminal";
import { gossipChannel } from "./account-channel.ts";
import type { ResolvedGossipAccount } from "./accounts.ts";
import { openConnection } from "./client.ts";
import { eraseWaiting } from "./forget-person.ts";

const SILENT = { debug: () => {}, info: () => {}, warn: () => {} };

export interface StoppedAccountOptions {
  readonly stateDir: string;
  readonly account: ResolvedGossipAccount;
}

/**
 * Forgets a person in an account that does not run, see {@link forgetPerson}.
 *
 * @returns Whether there was anything to forget; false also when the account has no identity yet.
 * @throws GossipChannelError `already_running`, and what opening an identity throws.
 */
export async function forgetInStoppedAccount(
  { account, stateDir }: StoppedAccountOptions,
  userId: string,
): Promise<boolean> {
  if ((await findIdentity({ stateDir, channelId: gossipChannel.id }, account)) === undefined)
    return false;
  const options = { account, stateDir, channel: gossipChannel };
  return await kit.withStoppedStore(options, async ({ claimed, store }) => {
    await using connection = await openConnection({
      identity: claimed.identity,
      protocolUrl: account.protocolUrl,
      folder: claimed.folder.path,
      displayName: account.username,
      log: SILENT,
      judgeContact: () => Promise.resolve("rejected"),
    });
    const isKnown = await connection.forget(userId);
    return eraseWaiting(openErasure(store), userId) > 0 || isKnown;
  });
}
