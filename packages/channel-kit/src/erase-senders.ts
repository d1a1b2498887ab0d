import type { Erasure, IngressQueue } from "channel-durability";

/** Deletes what waits or died of the senders that this is true for. @returns How many messages that were. */
export type EraseSenders = (isErased: (senderId: string) => boolean) => Promise<number>;

/** Looks every stored event up: whose it is stands in its sealed payload. */
export function createSenderEraser(stored: {
  readonly erasure: Pick<Erasure, "eraseEvent">;
  readonly queue: Pick<IngressQueue<unknown>, "listFailed" | "listPending">;
  readonly readSender: (payload: unknown) => string | undefined;
}): EraseSenders {
  const { erasure, queue, readSender } = stored;
  return async (isErased) => {
    const events = [
      ...(await queue.listPending({ limit: "all" })),
      ...(await queue.listFailed({ limit: "all" })),
    ];
    const erased = events.filter(({ payload }) => {
      const senderId = payload === undefined ? undefined : readSender(payload);
      return senderId !== undefined && isErased(senderId);
    });
    return erased.reduce((sum, { id }) => sum + erasure.eraseEvent(id), 0);
  };
}
