import { equalBytes } from "../codec/bytes.ts";
import { encodeMessageContent } from "../message/content.ts";
import type { QueueItem } from "./conversation.ts";
import { type Step, update } from "./step.ts";
import { UNPOSTED_WINDOW } from "./timing.ts";

const NO_CONTENTS = new Uint8Array(0);

/** Puts a message at the end of the queue; the same id again changes nothing. */
export function enqueue(
  step: Step,
  item: Pick<QueueItem, "messageId" | "contents">,
  kind: QueueItem["kind"],
): void {
  const { queue } = step.conversation;
  if (queue.some((queued) => equalBytes(queued.messageId, item.messageId))) return;
  const { messageId, contents } = item;
  const queuedAtMs = step.nowMs;
  update(step, {
    queue: [
      ...queue,
      { messageId, contents, kind, queuedAtMs, value: undefined, posted: false, verified: false },
    ],
  });
}

/** A keep-alive tells the peer that we live and acknowledges what it sent (section 7). */
export function enqueueKeepAlive(step: Step): void {
  const contents = encodeMessageContent({ type: "keep_alive" });
  enqueue(step, { messageId: step.newMessageId(), contents }, "keep_alive");
}

/**
 * Encrypts what waits, in order, as far as the session and the window allow.
 *
 * Not while an announcement of ours is wanted: it replaces the session, and everything encrypted before would have to
 * be encrypted again.
 */
export function encryptWaiting(step: Step): void {
  if (!step.conversation.accepted || step.conversation.announcement?.stage === "wanted") return;
  const { queue } = step.conversation;
  let unposted = queue.filter((item) => item.value !== undefined && !item.posted).length;
  for (const item of queue) {
    if (unposted >= UNPOSTED_WINDOW) return;
    if (item.value !== undefined) continue;
    const encrypted = step.sessions.encrypt(step.conversation.session, {
      contents: item.contents,
      nowMs: step.nowMs,
    });
    if (encrypted === undefined) return;
    const { session, seeker, data, sentAtMs } = encrypted;
    update(step, { session });
    replaceItem(step, item, { value: { seeker, data, sentAtMs } });
    unposted += 1;
  }
}

/**
 * Sets everything unacknowledged back to the start of its way, because the session it was encrypted in is gone
 * (section 11). Ids stay, so the peer drops what it had already read. Keep-alives have done what they were for.
 */
export function requeue(step: Step): void {
  const kept: QueueItem[] = [];
  for (const item of step.conversation.queue) {
    if (item.value === undefined) {
      kept.push(item);
    } else if (item.kind === "keep_alive") {
      settle(step, item, "delivered");
    } else if (item.contents.length === 0) {
      // The retention policy took the contents: there is nothing left to send.
      settle(step, item, "failed");
    } else {
      kept.push({ ...item, value: undefined, posted: false, verified: false });
    }
  }
  update(step, { queue: kept });
}

/** The relay took a value. Its word is checked: the next poll reads the value back. */
export function onPosted(step: Step, messageId: Uint8Array): void {
  const item = findById(step, messageId);
  if (item?.value !== undefined) replaceItem(step, item, { posted: true });
}

/** Settles what the peer has acknowledged by building on it (section 6.4, step 4). */
export function settleAcknowledged(step: Step, seekers: readonly Uint8Array[]): void {
  const acknowledged = new Set(seekers.map((seeker) => Buffer.from(seeker).toString("latin1")));
  const kept = step.conversation.queue.filter((item) => {
    const key = item.value && Buffer.from(item.value.seeker).toString("latin1");
    if (key === undefined || !acknowledged.has(key)) return true;
    settle(step, item, "delivered");
    return false;
  });
  if (kept.length !== step.conversation.queue.length) update(step, { queue: kept });
}

/** Gives up a message for good. @returns False when there is no such message. */
export function giveUp(step: Step, messageId: Uint8Array): boolean {
  const item = findById(step, messageId);
  if (item === undefined) return false;
  settle(step, item, "failed");
  update(step, { queue: step.conversation.queue.filter((other) => other !== item) });
  return true;
}

/** Takes a message out that was never encrypted: the chain does not know it, so nobody waits at an address of it. */
export function withdraw(step: Step, messageId: Uint8Array): void {
  const item = findById(step, messageId);
  if (item !== undefined && item.value === undefined) giveUp(step, messageId);
}

/** Everything has to be looked for at the relay again, and posted again where it is missing. */
export function forgetVerified(step: Step): void {
  const { queue } = step.conversation;
  if (!queue.some((item) => item.verified)) return;
  update(step, { queue: queue.map(unverified) });
}

function unverified(item: QueueItem): QueueItem {
  return item.verified ? { ...item, verified: false } : item;
}

/** Takes the contents of what the retention policy covers; what is on its way keeps only its ciphertext. */
export function purgeQueued(step: Step, olderThanMs: number, sinceMs: number): void {
  const kept: QueueItem[] = [];
  let changed = false;
  for (const item of step.conversation.queue) {
    const covered =
      item.kind === "message" && item.queuedAtMs >= sinceMs && item.queuedAtMs < olderThanMs;
    if (!covered || item.contents.length === 0) {
      kept.push(item);
      continue;
    }
    changed = true;
    if (item.value === undefined) settle(step, item, "failed");
    // The peer waits at this address: without the ciphertext the chain would end here.
    else kept.push({ ...item, contents: NO_CONTENTS });
  }
  if (changed) update(step, { queue: kept });
}

function settle(step: Step, item: QueueItem, status: "delivered" | "failed"): void {
  step.effects.push({ type: "settled", messageId: item.messageId, status });
}

function findById(step: Step, messageId: Uint8Array): QueueItem | undefined {
  return step.conversation.queue.find((item) => equalBytes(item.messageId, messageId));
}

/** Replaces some fields of one queued message. */
export function replaceItem(step: Step, item: QueueItem, fields: Partial<QueueItem>): void {
  update(step, {
    queue: step.conversation.queue.map((other) =>
      other === item ? { ...item, ...fields } : other,
    ),
  });
}
