import type { PluginRuntime } from "openclaw/plugin-sdk/channel-core";
import { DEFAULT_ACCOUNT_ID, normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import { createPluginRuntimeStore } from "openclaw/plugin-sdk/runtime-store";
import type { Outbox } from "channel-durability";
import type { DeadLetterDesk } from "./dead-letters.ts";
import type { GossipMessageBody } from "./message-body.ts";
import type { OwnerDesk } from "./owner-desk.ts";

const store = createPluginRuntimeStore<PluginRuntime>({
  pluginId: "gossip",
  errorMessage: "gossip: the plugin runtime is not set; load the plugin through OpenClaw",
});

export const setGossipRuntime = store.setRuntime;
export const getGossipRuntime = store.getRuntime;

/** What a running account offers to the parts of the plugin that the host calls from outside. */
export interface LiveAccount {
  readonly userId: string;
  readonly outbox: Outbox<GossipMessageBody>;
  /** Whether a message of ours with this id is in the conversation with this person. */
  isOurs(userId: string, messageId: string): boolean;
  /** Whether this person wrote a message with this id; both are known for a month. */
  isTheirs(userId: string, messageId: string): boolean;
  /** Takes back a message of ours of which nothing has left. @returns False when it is unknown or on its way. */
  takeBack(to: string, messageId: string): boolean;
  /** Ends the conversation with somebody who lost access. @returns Whether there was anything. */
  forgetPerson(userId: string): Promise<boolean>;
  /** Tells a sender about his approval, once. @returns False when he was not waiting for it. */
  tellApproved(senderId: string): Promise<boolean>;
  /** Where a code is waited for that makes its sender owner, once the operator says yes. */
  readonly ownerDesk: OwnerDesk;
  /**
   * Keeps the conversation with somebody who is owner now, and tells him once this gateway hears him. Never rejects. Not to
   * be waited for in a request of the gateway: the host takes the new list over when those are done.
   */
  welcomeOwner(senderId: string): Promise<void>;
  readonly deadLetters: DeadLetterDesk;
  /** Figures for status: nothing that names a peer. Undefined once the account is closing. */
  figures(): LiveFigures | undefined;
}

export interface LiveFigures {
  /** The last exchange with the relay worked. Says nothing about the queues. */
  readonly connected: boolean;
  /** When the relay last answered, while it does not. */
  readonly unreachableSinceMs: number | undefined;
  readonly lastErrorCode: string | undefined;
  readonly lastInboundAtMs: number | undefined;
  /** Messages in, not yet handed to the agent. */
  readonly waitingInbound: number;
  /** People whose messages wait because they used up the turn budget. */
  readonly peopleOverBudget: number;
  readonly oldestInboundAtMs: number | undefined;
  readonly deadLetters: number;
  /** Messages out that the relay has not taken. */
  readonly waitingOutbound: number;
  readonly oldestOutboundAtMs: number | undefined;
  /** Contact requests that nobody accepted. */
  readonly pendingRequests: number;
  readonly bytesToday: number;
  readonly clockOffsetMs: number | undefined;
  /** How often another copy of this identity's state was found at work. */
  readonly forksNoticed: number;
}

const live = new Map<string, LiveAccount>();

/** Makes a running account known. The returned function forgets it, unless a successor has taken its place. */
export function registerLiveAccount(accountId: string, account: LiveAccount): () => void {
  live.set(accountId, account);
  return () => {
    if (live.get(accountId) === account) live.delete(accountId);
  };
}

/** The running account, or undefined when it has no live session in this process. */
export function findLiveAccount(accountId: string | null | undefined): LiveAccount | undefined {
  return live.get(normalizeAccountId(accountId ?? DEFAULT_ACCOUNT_ID));
}
