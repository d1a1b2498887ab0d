import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";

const LOOK_INTERVAL_MS = 500;

const DeliverySchema = z.object({
  id: z.string(),
  status: z.string(),
  target: z.string().nullable(),
});

/** An entry of the host's delivery queue. */
type Delivery = z.infer<typeof DeliverySchema>;

/**
 * Waits until the host owes this channel no send any more. It says so nowhere but in its database, hence the looking.
 *
 * @returns The sends that it gave up.
 */
export async function untilDeliveriesEnd(
  database: string,
  channel: string,
  signal: AbortSignal,
): Promise<Delivery[]> {
  for (;;) {
    signal.throwIfAborted();
    const deliveries = readDeliveries(database, channel);
    if (!deliveries.some(({ status }) => status === "pending")) {
      return deliveries.filter(({ status }) => status === "failed");
    }
    await sleep(LOOK_INTERVAL_MS, undefined, { signal });
  }
}

/** The host's queue id of the first delivery to a conversation. */
export function findDeliveryId(
  deliveries: readonly Delivery[],
  conversation: string,
): string | undefined {
  return deliveries.find(({ target }) => target?.includes(conversation))?.id;
}

/** What the host's delivery queue holds: pending, failed, and for a while also completed entries. */
export function readDeliveries(file: string, channel: string): Delivery[] {
  using database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  const rows = database
    .prepare("SELECT id, status, target FROM delivery_queue_entries WHERE channel = ?")
    .all(channel);
  return z.array(DeliverySchema).parse(rows);
}
