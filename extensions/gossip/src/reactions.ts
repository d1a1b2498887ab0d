// Our reactions in this protocol's words: one is taken back by withdrawing it by its own id.
import type { Outbox, SendHooks } from "channel-durability";
import * as kit from "channel-kit";
import type { GossipMessageBody } from "./message-body.ts";

export type ReactionOutbox = Pick<Outbox<GossipMessageBody>, "find" | "send">;

/** Reacts, see {@link kit.addReaction}. */
export function addReaction(
  outbox: ReactionOutbox,
  reaction: kit.OwnReaction,
  hooks?: SendHooks,
): Promise<string> {
  return kit.addReaction(createReactionDesk(outbox), reaction, hooks);
}

/** Takes a reaction back, see {@link kit.removeReaction}. */
export function removeReaction(
  outbox: ReactionOutbox,
  reaction: kit.OwnReaction,
  hooks?: SendHooks,
): Promise<boolean> {
  return kit.removeReaction(createReactionDesk(outbox), reaction, hooks);
}

/** How this channel words reactions, for the shared room that keeps them. */
export function createReactionDesk(outbox: ReactionOutbox): kit.ReactionDesk<GossipMessageBody> {
  return {
    outbox,
    toAdded: ({ citedId, emoji, purpose, to }) => ({
      purpose,
      to,
      signal: "reaction",
      citedId,
      emoji,
    }),
    toRemoved: ({ purpose, to }, citedId) => ({ purpose, to, signal: "unsend", citedId }),
  };
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
