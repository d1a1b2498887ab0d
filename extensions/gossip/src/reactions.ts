// Our reactions, each of which exists once and can be taken back. The outbox is the memory: a reaction is a row, its
// removal another one with the same number, and both are there before anything leaves.
import type { Outbox, SendHooks } from "channel-durability";
import type { GossipMessageBody } from "./message-body.ts";

export type ReactionOutbox = Pick<Outbox<GossipMessageBody>, "find" | "send">;

export interface OwnReaction {
  readonly purpose: "message" | "operator";
  /** Whose conversation it is. */
  readonly to: string;
  /** Id of the message that has it. */
  readonly citedId: string;
  readonly emoji: string;
}

/**
 * Reacts, or does nothing when this reaction is already there.
 *
 * @returns The reaction's own message id.
 */
export async function addReaction(
  outbox: ReactionOutbox,
  reaction: OwnReaction,
  hooks: SendHooks = {},
  nowMs: number = Date.now(),
): Promise<string> {
  const newest = outbox.find(addedId(reaction)).at(-1)?.partIndex ?? 0;
  // A number that was never used: the message id follows from it.
  const partIndex = findActive(outbox, reaction) ?? Math.max(nowMs, newest + 1);
  return await sendAdded(outbox, reaction, partIndex, hooks);
}

/**
 * Takes a reaction back. It is known for a week.
 *
 * @returns False when there is none of ours.
 */
export async function removeReaction(
  outbox: ReactionOutbox,
  reaction: OwnReaction,
  hooks: SendHooks = {},
): Promise<boolean> {
  const partIndex = findActive(outbox, reaction);
  if (partIndex === undefined) return false;
  const { purpose, to } = reaction;
  // Its id, and with that the proof that it left or leaves first.
  const citedId = await sendAdded(outbox, reaction, partIndex, hooks);
  await outbox.send(
    {
      queueId: removedId(reaction),
      partIndex,
      target: to,
      body: { purpose, to, signal: "unsend", citedId },
    },
    hooks,
  );
  return true;
}

/** Sends an edit or a withdrawal, once per queue id. @returns Its message id. */
export async function sendSignal(
  outbox: Pick<ReactionOutbox, "send">,
  body: GossipMessageBody,
  { hooks, queueId }: { hooks: SendHooks; queueId: string },
): Promise<string> {
  const entry = { queueId, partIndex: 0, target: body.to, body };
  return (await outbox.send(entry, hooks)).nativeId;
}

async function sendAdded(
  outbox: Pick<ReactionOutbox, "send">,
  reaction: OwnReaction,
  partIndex: number,
  hooks: SendHooks,
): Promise<string> {
  const { citedId, emoji, purpose, to } = reaction;
  const { nativeId } = await outbox.send(
    {
      queueId: addedId(reaction),
      partIndex,
      target: to,
      body: { purpose, to, signal: "reaction", citedId, emoji },
    },
    hooks,
  );
  return nativeId;
}

function findActive(
  outbox: Pick<ReactionOutbox, "find">,
  reaction: OwnReaction,
): number | undefined {
  const removed = new Set(outbox.find(removedId(reaction)).map(({ partIndex }) => partIndex));
  return outbox.find(addedId(reaction)).findLast(({ partIndex }) => !removed.has(partIndex))
    ?.partIndex;
}

function addedId({ citedId, emoji, to }: OwnReaction): string {
  return `reaction/${to}/${citedId}/${emoji}`;
}

function removedId(reaction: OwnReaction): string {
  return `no-${addedId(reaction)}`;
}
