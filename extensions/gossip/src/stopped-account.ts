// What a command line does with an account that no gateway runs: it opens the files itself, under the identity's lock.
import path from "node:path";
import {
  createOperatorView,
  openDurableStore,
  openErasure,
  openIngressQueue,
  tryParseStoredIngressEvent,
} from "channel-durability";
import type { ResolvedGossipAccount } from "./accounts.ts";
import { claimIdentity } from "./claim-identity.ts";
import { deriveDurableKey, identityMaker } from "./client.ts";
import { CHANNEL_ID, DURABLE_FILE } from "./config-schema.ts";
import { createDeadLetterDesk, readSender, type DeadLetterDesk } from "./dead-letters.ts";
import { GossipChannelError } from "./errors.ts";
import { findIdentity, type IdentityFolder } from "./identity-file.ts";

export interface StoppedAccountOptions {
  readonly stateDir: string;
  readonly account: ResolvedGossipAccount;
}

/**
 * The identity of an account as it is on disk. Never makes one.
 *
 * @throws GossipChannelError `command_refused` when there is none; what {@link findIdentity} throws.
 */
export async function requireIdentity(options: StoppedAccountOptions): Promise<IdentityFolder> {
  const { account, stateDir } = options;
  const found = await findIdentity(stateDir, account);
  if (found !== undefined) return found;
  throw new GossipChannelError(
    "command_refused",
    `gossip: account "${account.accountId}" has no identity yet. Make one: openclaw channels add --channel gossip`,
  );
}

/** @throws GossipChannelError `already_running`, and what opening an identity throws. */
export async function withStoppedDeadLetters<T>(
  options: StoppedAccountOptions,
  use: (desk: DeadLetterDesk) => Promise<T>,
): Promise<T> {
  const { account, stateDir } = options;
  await requireIdentity(options);
  const claimed = await claimIdentity({
    stateDir,
    account,
    maker: identityMaker,
    now: Date.now,
    signal: new AbortController().signal,
  });
  try {
    const key = deriveDurableKey(claimed.identity);
    using store = openDurableStore({ path: path.join(claimed.folder.path, DURABLE_FILE), key });
    key.fill(0);
    const queue = openIngressQueue({
      store,
      channelId: CHANNEL_ID,
      accountId: account.accountId,
      tryParsePayload: tryParseStoredIngressEvent,
    });
    return await use(
      createDeadLetterDesk(createOperatorView({ store, queue, readSender }), openErasure(store)),
    );
  } finally {
    await claimed.lock.release();
  }
}
