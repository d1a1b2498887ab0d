// The accounts that run in this process, for what the host calls from outside of them.
import { DEFAULT_ACCOUNT_ID, normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import type { AccountRooms } from "./account-rooms.ts";
import type { DeadLetterDesk } from "./dead-letters.ts";
import {
  readFigures,
  type ConnectionState,
  type FigureSources,
  type LiveFigures,
} from "./figures.ts";
import type { OwnerDesk } from "./owner-desk.ts";

/** What every running account offers to the shared rooms; a channel adds its own. */
export interface LiveAccountBasis {
  readonly userId: string;
  /** Where a code is waited for that makes its sender owner, once the operator says yes. */
  readonly ownerDesk: OwnerDesk;
  /**
   * Keeps the conversation with somebody who is owner now and tells him, durably.
   *
   * @returns False, and nothing was said: this gateway does not hear him yet, ask again. It takes the new list over when the
   *   requests and turns at work are done; who was told before that, and wrote at once, would still be a stranger.
   */
  welcomeOwner(senderId: string): Promise<boolean>;
  /** Tells a sender about his approval, once. @returns False when he was not waiting for it. */
  tellApproved(senderId: string): Promise<boolean>;
  readonly deadLetters: DeadLetterDesk;
  /** Figures for status: nothing that names a peer. Undefined once the account is closing. */
  figures(): LiveFigures | undefined;
}

/** The part of a running account that follows from its rooms. */
export function describeLive<TBody, TState extends ConnectionState, TOwn>(
  connection: { readonly userId: string; status(): TState },
  { approvals, countHeld, deadLetters, outbox, view }: AccountRooms<TBody>,
  pickOwn: FigureSources<TState, TOwn>["pickOwn"],
) {
  return {
    userId: connection.userId,
    outbox,
    deadLetters,
    tellApproved: (senderId: string) => approvals.tellOnce(senderId),
    figures: () =>
      readFigures({
        counts: () => view.counts(),
        state: () => connection.status(),
        countHeld,
        pickOwn,
      }),
  };
}

export interface LiveAccounts<TAccount> {
  /** Makes a running account known. The returned function forgets it, unless a successor has taken its place. */
  readonly register: (accountId: string, account: TAccount) => () => void;
  /** The running account, or undefined when it has no live session in this process. */
  readonly find: (accountId: string | null | undefined) => TAccount | undefined;
}

/** One registry per channel and process. */
export function createLiveAccounts<TAccount>(): LiveAccounts<TAccount> {
  const live = new Map<string, TAccount>();
  return {
    register: (accountId, account) => {
      live.set(accountId, account);
      return () => {
        if (live.get(accountId) === account) live.delete(accountId);
      };
    },
    find: (accountId) => live.get(normalizeAccountId(accountId ?? DEFAULT_ACCOUNT_ID)),
  };
}
