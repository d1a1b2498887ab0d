// What a command line does with an account that no gateway runs: it opens the files itself, under the identity's lock.
import path from "node:path";
import {
  createOperatorView,
  openDurableStore,
  openErasure,
  openIngressQueue,
  tryParseStoredIngressEvent,
  type DurableStore,
} from "channel-durability";
import { createDeadLetterDesk, type DeadLetterDesk, type IdentityFolder } from "channel-kit";
import type { ResolvedGossipAccount } from "./accounts.ts";
import { claimIdentity } from "./claim-identity.ts";
import { deriveDurableKey, openConnection } from "./client.ts";
import { CHANNEL_ID, DURABLE_FILE } from "./config-schema.ts";
import { readSender } from "./dead-letters.ts";
import { GossipChannelError } from "./errors.ts";
import { eraseWaiting } from "./forget-person.ts";
import { findIdentity } from "./identity-file.ts";

const SILENT = { debug: () => {}, info: () => {}, warn: () => {} };

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
  return await withStoppedStore(options, async ({ store }) => {
    const queue = openIngressQueue({
      store,
      channelId: CHANNEL_ID,
      accountId: options.account.accountId,
      tryParsePayload: tryParseStoredIngressEvent,
    });
    return await use(
      createDeadLetterDesk(createOperatorView({ store, queue, readSender }), openErasure(store)),
    );
  });
}

/**
 * Forgets a person in an account that does not run, see {@link forgetPerson}.
 *
 * @returns Whether there was anything to forget; false also when the account has no identity yet.
 * @throws GossipChannelError `already_running`, and what opening an identity throws.
 */
export async function forgetInStoppedAccount(
  options: StoppedAccountOptions,
  userId: string,
): Promise<boolean> {
  if ((await findIdentity(options.stateDir, options.account)) === undefined) return false;
  return await withStoppedStore(options, async ({ claimed, store }) => {
    await using connection = await openConnection({
      identity: claimed.identity,
      protocolUrl: options.account.protocolUrl,
      folder: claimed.folder.path,
      displayName: options.account.username,
      log: SILENT,
      judgeContact: () => Promise.resolve("rejected"),
    });
    const isKnown = await connection.forget(userId);
    return eraseWaiting(openErasure(store), userId) > 0 || isKnown;
  });
}

type Claimed = Awaited<ReturnType<typeof claimIdentity>>;

async function withStoppedStore<T>(
  options: StoppedAccountOptions,
  use: (opened: { readonly claimed: Claimed; readonly store: DurableStore }) => Promise<T>,
): Promise<T> {
  const { account, stateDir } = options;
  await requireIdentity(options);
  const claimed = await claimIdentity({
    stateDir,
    account,
    signal: new AbortController().signal,
  });
  try {
    const key = deriveDurableKey(claimed.identity);
    using store = openDurableStore({ path: path.join(claimed.folder.path, DURABLE_FILE), key });
    key.fill(0);
    return await use({ claimed, store });
  } finally {
    await claimed.lock.release();
  }
}
