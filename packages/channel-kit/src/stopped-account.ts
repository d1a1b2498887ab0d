// What a command line does with an account that no gateway runs: it opens the files itself, under the identity's lock.
import path from "node:path";
import {
  createOperatorView,
  openDurableStore,
  openErasure,
  openIngressQueue,
  tryParseStoredIngressEvent,
  type DurableStore,
  type Erasure,
} from "channel-durability";
import { DURABLE_FILE, type AccountChannel, type ChannelAccount } from "./account-channel.ts";
import { claimAccount, type ClaimedIdentity } from "./claim-identity.ts";
import { createDeadLetterDesk, type DeadLetterDesk } from "./dead-letters.ts";
import { createSenderEraser, type EraseSenders } from "./erase-senders.ts";
import { ChannelKitError } from "./errors.ts";
import { findIdentity, type IdentityFolder } from "./identity-file.ts";

export interface StoppedAccountOptions<
  TIdentity extends { readonly userId: string } = { readonly userId: string },
> {
  readonly channel: AccountChannel<ChannelAccount, TIdentity>;
  readonly stateDir: string;
  readonly account: ChannelAccount;
}

/**
 * The identity of an account as it is on disk. Never makes one.
 *
 * @throws ChannelKitError `command_refused` when there is none; what {@link findIdentity} throws.
 */
export async function requireIdentity(options: StoppedAccountOptions): Promise<IdentityFolder> {
  const { account, channel, stateDir } = options;
  const found = await findIdentity({ stateDir, channelId: channel.id }, account);
  if (found !== undefined) return found;
  throw new ChannelKitError(
    "command_refused",
    `account "${account.accountId}" has no identity yet. Make one: openclaw channels add --channel ${channel.id}`,
  );
}

/**
 * Lends the dead letters of an account.
 *
 * @param readSender - The user id in a stored event, see `createSenderReader`.
 * @throws ChannelKitError `already_running`, and what opening an identity throws.
 */
export async function withStoppedDeadLetters<T>(
  options: StoppedAccountOptions,
  readSender: (payload: unknown) => string | undefined,
  use: (desk: DeadLetterDesk) => Promise<T>,
): Promise<T> {
  return await withStoppedStore(options, async ({ store }) => {
    const queue = openIngressQueue({
      store,
      channelId: options.channel.id,
      accountId: options.account.accountId,
      tryParsePayload: tryParseStoredIngressEvent,
    });
    return await use(
      createDeadLetterDesk(createOperatorView({ store, queue, readSender }), openErasure(store)),
    );
  });
}

/** An account whose lock the caller holds. */
export interface HeldAccount {
  readonly channelId: string;
  readonly accountId: string;
  readonly folder: string;
  /** Key of queue and outbox; wiped here. */
  readonly durableKey: Uint8Array;
  /** The sender in a stored event, see `createSenderReader`. */
  readonly readSender: (payload: unknown) => string | undefined;
}

/** Lends what deletes messages of people and conversations out of queue and outbox of an account. */
export async function withErasure<T>(
  { accountId, channelId, durableKey, folder, readSender }: HeldAccount,
  use: (opened: { readonly erasure: Erasure; readonly eraseSenders: EraseSenders }) => Promise<T>,
): Promise<T> {
  using store = openDurableStore({ path: path.join(folder, DURABLE_FILE), key: durableKey });
  durableKey.fill(0);
  const tryParsePayload = tryParseStoredIngressEvent;
  const queue = openIngressQueue({ store, channelId, accountId, tryParsePayload });
  const erasure = openErasure(store);
  return await use({ erasure, eraseSenders: createSenderEraser({ erasure, queue, readSender }) });
}

/** Lends queue and outbox of an account, and its identity. @throws As {@link withStoppedDeadLetters}. */
export async function withStoppedStore<T, TIdentity extends { readonly userId: string }>(
  options: StoppedAccountOptions<TIdentity>,
  use: (opened: {
    readonly claimed: ClaimedIdentity<TIdentity>;
    readonly store: DurableStore;
  }) => Promise<T>,
): Promise<T> {
  const { account, channel, stateDir } = options;
  await requireIdentity(options);
  const identities = await channel.loadIdentities();
  const { signal } = new AbortController();
  const claimed = await claimAccount(channel, { stateDir, account, signal });
  try {
    const key = identities.deriveDurableKey(claimed.identity);
    using store = openDurableStore({ path: path.join(claimed.folder.path, DURABLE_FILE), key });
    key.fill(0);
    return await use({ claimed, store });
  } finally {
    await claimed.lock.release();
  }
}
