// Our reactions, each of which exists once and can be taken back. The outbox is the memory: a reaction is a row, its
// removal another one with the same number, and both are there before anything leaves.
import type { Outbox, SendHooks } from "channel-durability";

/** The outbox of a running account, and how this channel words a reaction in it. */
export interface ReactionDesk<TBody> {
  readonly outbox: Pick<Outbox<TBody>, "find" | "send">;
  readonly toAdded: (reaction: OwnReaction) => TBody;
  /** @param addedId - The network's own id of the reaction. */
  readonly toRemoved: (reaction: OwnReaction, addedId: string) => TBody;
}

export interface OwnReaction {
  readonly purpose: "message" | "operator";
  /** Sender id of the one in whose turn it is; absent for a reaction of our own. */
  readonly askedBy?: string | undefined;
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
export async function addReaction<TBody>(
  desk: ReactionDesk<TBody>,
  reaction: OwnReaction,
  hooks: SendHooks = {},
  nowMs: number = Date.now(),
): Promise<string> {
  const newest = desk.outbox.find(addedId(reaction)).at(-1)?.partIndex ?? 0;
  // A number that was never used: the message id follows from it.
  const partIndex = findActive(desk.outbox, reaction) ?? Math.max(nowMs, newest + 1);
  return await sendAdded(desk, reaction, partIndex, hooks);
}

/**
 * Takes a reaction back. It is known for a week.
 *
 * @returns False when there is none of ours.
 */
export async function removeReaction<TBody>(
  desk: ReactionDesk<TBody>,
  reaction: OwnReaction,
  hooks: SendHooks = {},
): Promise<boolean> {
  const partIndex = findActive(desk.outbox, reaction);
  if (partIndex === undefined) return false;
  // Its id, and with that the proof that it left or leaves first.
  const citedId = await sendAdded(desk, reaction, partIndex, hooks);
  await desk.outbox.send(
    {
      queueId: removedId(reaction),
      partIndex,
      target: reaction.to,
      body: desk.toRemoved(reaction, citedId),
    },
    hooks,
  );
  return true;
}

async function sendAdded<TBody>(
  { outbox, toAdded }: ReactionDesk<TBody>,
  reaction: OwnReaction,
  partIndex: number,
  hooks: SendHooks,
): Promise<string> {
  const { nativeId } = await outbox.send(
    {
      queueId: addedId(reaction),
      partIndex,
      target: reaction.to,
      body: toAdded(reaction),
    },
    hooks,
  );
  return nativeId;
}

function findActive(
  outbox: Pick<Outbox<never>, "find">,
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
