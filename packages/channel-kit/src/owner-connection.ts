// Waits for an owner code in an account that this process opened itself. Everything else that comes in meanwhile stays stored
// and unhandled for the gateway.
import type { AccountConnection } from "./account-rooms.ts";
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

export interface OwnerListening<TEvent extends IncomingEvent> {
  readonly connection: ReachableConnection<TEvent>;
  readonly desk: OwnerDesk;
  /** Who wrote which text; undefined for events of another kind. */
  readonly readMessage: (
    event: TEvent,
  ) => { readonly senderId: string; readonly text: string } | undefined;
  /** Tells the owner, and keeps the conversation. */
  readonly welcome: (senderId: string) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Runs the connection, offers what comes in to the desk, and lends both to `use`. The caller closes the connection. */
export async function listenForOwner<T, TEvent extends IncomingEvent>(
  { connection, desk, readMessage, signal, welcome }: OwnerListening<TEvent>,
  use: (connection: OwnerConnection) => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const listening = runTogether(AbortSignal.any([signal, done.signal]), [
    (ending) => connection.run(ending),
    async (ending) => {
      for await (const event of connection.events(ending)) {
        const message = readMessage(event);
        const isCode = message !== undefined && desk.offer(message.senderId, message.text);
        if (isCode) connection.markHandled(event.id);
      }
    },
  ]);
  try {
    const whenReachable = () => untilReachable(connection, signal);
    return await Promise.race([
      use({ userId: connection.userId, whenReachable, welcome }),
      listening.then(() => {
        throw signal.reason ?? new Error("the connection ended");
      }),
    ]);
  } finally {
    done.abort();
    await listening.catch(() => undefined);
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
