import type { DatabaseSync } from "node:sqlite";
import type { Sealer } from "sdk-kit";
import { userIdToBytes, type GossipUserId } from "../identity/user-id.ts";
import { peerTag } from "./conversations-table.ts";
import { prepare, readBlob, readInteger, readText } from "./database.ts";

const TABLE = "outgoing";

/** An unsettled row: still to be sent, or sent and not yet acknowledged. */
interface OutgoingRow {
  readonly id: number;
  readonly status: string;
  readonly item: Uint8Array;
}

/**
 * The queue of what we send. A settled row (delivered or failed) keeps its status for those who ask, and the id that
 * makes a repeated send the same send, but no contents.
 */
export interface OutgoingTable {
  /** Rows that still hold contents, oldest first, one by one. Read to the end before the next write. */
  unsettled(): Iterable<OutgoingRow>;
  /** @returns The row number, which orders the messages of a peer. */
  insert(row: NewOutgoingRow): number;
  update(id: number, row: NewOutgoingRow): void;
  /** Drops the contents for good. */
  settle(id: number, status: string, nowMs: number): void;
  statusOf(peer: GossipUserId, messageId: Uint8Array): string | undefined;
  removePeer(peer: GossipUserId): void;
  /** Forgets settled rows that last changed before a moment. */
  pruneSettled(beforeMs: number): void;
}

interface NewOutgoingRow {
  readonly peer: GossipUserId;
  readonly messageId: Uint8Array;
  readonly status: string;
  readonly nowMs: number;
  readonly item: Uint8Array;
}

export function createOutgoingTable(database: DatabaseSync, sealer: Sealer): OutgoingTable {
  const selectUnsettled = prepare(
    database,
    "SELECT id, message, status, item FROM outgoing WHERE item IS NOT NULL ORDER BY id",
  );
  const insert = prepare(
    database,
    "INSERT INTO outgoing (peer, message, status, changed_ms, item) VALUES (?, ?, ?, ?, ?) RETURNING id",
  );
  const update = prepare(
    database,
    "UPDATE outgoing SET status = ?, changed_ms = ?, item = ? WHERE id = ?",
  );
  const settle = prepare(
    database,
    "UPDATE outgoing SET status = ?, changed_ms = ?, item = NULL WHERE id = ?",
  );
  const selectStatus = prepare(database, "SELECT status FROM outgoing WHERE message = ?");
  const removePeer = prepare(database, "DELETE FROM outgoing WHERE peer = ?");
  const prune = prepare(database, "DELETE FROM outgoing WHERE item IS NULL AND changed_ms < ?");
  const messageTag = (peer: GossipUserId, messageId: Uint8Array): Uint8Array =>
    sealer.tag("outgoing message", userIdToBytes(peer), messageId);

  return {
    *unsettled() {
      for (const row of selectUnsettled.iterate()) {
        yield {
          id: readInteger(row, "id"),
          status: readText(row, "status"),
          item: sealer.open(TABLE, readBlob(row, "message"), readBlob(row, "item")),
        };
      }
    },
    insert(row) {
      const message = messageTag(row.peer, row.messageId);
      const item = sealer.seal(TABLE, message, row.item);
      const result = insert.get(peerTag(sealer, row.peer), message, row.status, row.nowMs, item);
      return readInteger(result ?? {}, "id");
    },
    update(id, row) {
      const message = messageTag(row.peer, row.messageId);
      update.run(row.status, row.nowMs, sealer.seal(TABLE, message, row.item), id);
    },
    settle(id, status, nowMs) {
      settle.run(status, nowMs, id);
    },
    statusOf(peer, messageId) {
      const row = selectStatus.get(messageTag(peer, messageId));
      return row === undefined ? undefined : readText(row, "status");
    },
    removePeer(peer) {
      removePeer.run(peerTag(sealer, peer));
    },
    pruneSettled(beforeMs) {
      prune.run(beforeMs);
    },
  };
}
