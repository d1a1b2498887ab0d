// An unsend of what has not left: nothing is sent then, neither the message nor its withdrawal.
import type { Outbox } from "channel-durability";
import type { GossipConnection } from "./client.ts";

/**
 * Takes a message back out of the outbox and out of the protocol client's queue.
 *
 * @returns False when the message is unknown, or too far on its way: its bytes may be at the relay, and the next message
 * builds on them.
 */
export function takeBackUnsent(
  {
    connection,
    outbox,
  }: {
    readonly connection: Pick<GossipConnection, "takeBack">;
    readonly outbox: Pick<Outbox<never>, "withdraw">;
  },
  to: string,
  nativeId: string,
): boolean {
  const messageId = new Uint8Array(Buffer.from(nativeId, "hex"));
  // The outbox is asked first: a message that once left may wait again for a new session, and was perhaps read.
  return outbox.withdraw({ target: to, messageId, nativeId }, ({ isInFlight }) => {
    const outcome = connection.takeBack(to, messageId);
    // A send under way may be about to queue it.
    return outcome === "taken-back" || (outcome === "unknown" && !isInFlight);
  });
}
