import type { ChannelIngressQueue } from "openclaw/plugin-sdk/channel-outbound";
import type { DurableStore } from "./store.ts";

type PruneOptions = NonNullable<Parameters<ChannelIngressQueue<unknown>["prune"]>[0]>;

/**
 * Deletes old rows: first what is older than its time limit, then the oldest beyond each entry limit.
 *
 * @param idTag - Look-up tag of an event id; protected ids are named in clear by the host.
 * @returns How many rows were deleted.
 */
export function pruneIngress(
  store: DurableStore,
  options: PruneOptions,
  idTag: (id: string) => string,
): number {
  const now = options.now ?? store.now();
  const protectedTags = JSON.stringify(
    [...(options.protectIds ?? [])].map((id) => idTag(id.trim())),
  );
  const limits = [
    {
      status: "pending",
      age: "updated_at",
      ttlMs: options.pendingTtlMs,
      max: options.pendingMaxEntries,
    },
    {
      status: "completed",
      age: "settled_at",
      ttlMs: options.completedTtlMs,
      max: options.completedMaxEntries,
    },
    {
      status: "failed",
      age: "settled_at",
      ttlMs: options.failedTtlMs,
      max: options.failedMaxEntries,
    },
  ].filter(({ ttlMs, max }) => ttlMs !== undefined || max !== undefined);
  if (limits.length === 0) {
    return 0;
  }
  return store.write(() => {
    let deleted = 0;
    for (const { status, age, ttlMs } of limits) {
      if (ttlMs !== undefined) {
        deleted += store.run(
          `DELETE FROM ingress WHERE status = ? AND ${age} < ?
             AND id_tag NOT IN (SELECT value FROM json_each(?))`,
          status,
          now - ttlMs,
          protectedTags,
        );
      }
    }
    for (const { status, max } of limits) {
      if (max !== undefined) {
        deleted += store.run(
          `DELETE FROM ingress WHERE id_tag NOT IN (SELECT value FROM json_each(?)) AND seq IN
             (SELECT seq FROM ingress WHERE status = ? ORDER BY updated_at DESC, seq DESC LIMIT -1 OFFSET ?)`,
          protectedTags,
          status,
          Math.max(0, Math.floor(max)),
        );
      }
    }
    return deleted;
  });
}
