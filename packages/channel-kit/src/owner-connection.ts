// Waits for an owner code without a gateway: this process opens the account itself, under its lock, for as long as that
// takes. Everything else that comes in meanwhile stays stored and unhandled for the gateway.
import type { AccountConnection } from "./account-rooms.ts";
import type { ClaimedIdentity } from "./claim-identity.ts";
import type { OwnerConnection } from "./owner-handshake.ts";
import type { OwnerDesk } from "./owner-desk.ts";
import type { IncomingEvent } from "./receive.ts";
import { runTogether } from "./run-together.ts";

/** A connection that says when people can write to the bot. */
export interface ReachableConnection<
  TEvent extends IncomingEvent,
> extends AccountConnection<TEvent> {
  readonly userId: string;
  isReachable(): boolean;
}

export interface OwnerListening<TIdentity, TConnection, TEvent extends IncomingEvent> {
  readonly claim: () => Promise<ClaimedIdentity<TIdentity>>;
  readonly open: (
    claimed: ClaimedIdentity<TIdentity>,
  ) => Promise<TConnection & ReachableConnection<TEvent> & AsyncDisposable>;
  readonly desk: OwnerDesk;
  /** Who wrote which text; undefined for events of another kind. */
  readonly readMessage: (
    event: TEvent,
    connection: TConnection,
  ) => { readonly senderId: string; readonly text: string } | undefined;
  /** Tells the owner, and keeps the conversation. */
  readonly welcome: (connection: TConnection, senderId: string) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Opens the account, offers what comes in to the desk, lends both to `use`, and closes the account afterwards.
 *
 * @throws ChannelKitError `already_running` when the gateway has the account; what opening an identity throws.
 */
export async function listenForOwner<T, TIdentity, TConnection, TEvent extends IncomingEvent>(
  listening: OwnerListening<TIdentity, TConnection, TEvent>,
  use: (connection: OwnerConnection) => Promise<T>,
): Promise<T> {
  await using opened = new AsyncDisposableStack();
  const claimed = await listening.claim();
  opened.defer(() => claimed.lock.release());
  const connection = opened.use(await listening.open(claimed));
  const { desk, readMessage, signal, welcome } = listening;
  const done = new AbortController();
  const running = runTogether(AbortSignal.any([signal, done.signal]), [
    (ending) => connection.run(ending),
    async (ending) => {
      for await (const event of connection.events(ending)) {
        const message = readMessage(event, connection);
        const isCode = message !== undefined && desk.offer(message.senderId, message.text);
        if (isCode) connection.markHandled(event.id);
      }
    },
  ]);
  try {
    return await Promise.race([
      use({
        userId: connection.userId,
        whenReachable: () => untilReachable(connection, signal),
        welcome: (senderId) => welcome(connection, senderId),
      }),
      running.then(() => {
        throw signal.reason ?? new Error("the connection ended");
      }),
    ]);
  } finally {
    done.abort();
    await running.catch(() => undefined);
  }
}

async function untilReachable(
  connection: Pick<ReachableConnection<never>, "isReachable" | "onStatusChange">,
  signal: AbortSignal,
): Promise<void> {
  const reached = Promise.withResolvers<void>();
  const give = (): void => reached.reject(signal.reason);
  const look = (): void => {
    if (connection.isReachable()) reached.resolve();
  };
  const forget = connection.onStatusChange(look);
  signal.addEventListener("abort", give, { once: true });
  look();
  try {
    await reached.promise;
  } finally {
    forget();
    signal.removeEventListener("abort", give);
  }
}
