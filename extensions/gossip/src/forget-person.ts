// What becomes of a conversation when the operator takes somebody off: the session ends, and nothing waits in it any more.
import { setTimeout as sleep } from "node:timers/promises";
import type { Erasure, Outbox } from "channel-durability";
import type { GossipConnection } from "./client.ts";
import { laneOf } from "./inbound.ts";
import type { GossipMessageBody } from "./message-body.ts";

/** The gateway reads a changed configuration within about a second. */
const CLOSED_WAIT_MS = 5000;
const POLL_MS = 100;

export interface ForgetOptions {
  readonly connection: Pick<GossipConnection, "forget">;
  readonly outbox: Pick<Outbox<GossipMessageBody>, "dropTarget">;
  readonly erasure: Pick<Erasure, "eraseConversation">;
  /** Would a message of this person be heard now? */
  readonly isAdmitted: (userId: string) => Promise<boolean>;
  /** Aborts when the account stops. */
  readonly signal: AbortSignal;
  readonly waitMs?: number;
}

/**
 * Forgets a person in a running account: waiting messages either way, dead letters, the session and the trust in it.
 * Waits until access is closed, so that a request that comes just then is not accepted again; an account that everybody
 * may write to keeps nobody out.
 *
 * @returns Whether there was anything to forget.
 */
export async function forgetPerson(options: ForgetOptions, userId: string): Promise<boolean> {
  const { connection, outbox } = options;
  await untilClosed(options, userId);
  // In this order: a message that is just leaving finds neither its row nor its conversation.
  const dropped = outbox.dropTarget(userId);
  const isKnown = await connection.forget(userId);
  return eraseWaiting(options.erasure, userId) + dropped > 0 || isKnown;
}

/** What waits or died goes. That messages left is not forgotten: it keeps a replay from sending them again. */
export function eraseWaiting(erasure: Pick<Erasure, "eraseConversation">, userId: string): number {
  const conversation = { laneKey: laneOf(userId), target: userId };
  return erasure.eraseConversation(conversation, { sinceMs: 0, beforeMs: Number.MAX_SAFE_INTEGER });
}

async function untilClosed(options: ForgetOptions, userId: string): Promise<void> {
  const { isAdmitted, signal, waitMs = CLOSED_WAIT_MS } = options;
  const deadlineMs = performance.now() + waitMs;
  while ((await isAdmitted(userId)) && performance.now() < deadlineMs) {
    await sleep(POLL_MS, undefined, { signal });
  }
}
