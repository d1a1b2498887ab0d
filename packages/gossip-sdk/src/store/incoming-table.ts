import type { DatabaseSync } from "node:sqlite";
import { rowNumberBytes, type Sealer } from "sdk-kit";
import type { GossipUserId } from "../identity/user-id.ts";
import { peerTag } from "./conversations-table.ts";
import { prepare, readBlob, readInteger } from "./database.ts";

const TABLE = "incoming";

/** One event that nobody has marked as handled. */
interface IncomingRow {
  readonly id: number;
  readonly event: Uint8Array;
}

/** Events between their receipt and the moment the consumer has marked them as handled; then the row is gone. */
export interface IncomingTable {
  /** @returns The row number; a later event has a higher one, and none is used twice. */
  insert(peer: GossipUserId, event: Uint8Array): number;
  /** Rows after a row number, oldest first. */
  after(id: number, limit: number): IncomingRow[];
  ofPeer(peer: GossipUserId): IncomingRow[];
  remove(id: number): void;
  removePeer(peer: GossipUserId): void;
  count(): number;
  /** Rows of a peer, and what they take in bytes. */
  sizeOf(peer: GossipUserId): { readonly rows: number; readonly bytes: number };
}

export function createIncomingTable(database: DatabaseSync, sealer: Sealer): IncomingTable {
  const lastId = prepare(database, "SELECT seq FROM sqlite_sequence WHERE name = 'incoming'");
  const insert = prepare(database, "INSERT INTO incoming (id, peer, event) VALUES (?, ?, ?)");
  const selectAfter = prepare(
    database,
    "SELECT id, event FROM incoming WHERE id > ? ORDER BY id LIMIT ?",
  );
  const selectPeer = prepare(database, "SELECT id, event FROM incoming WHERE peer = ? ORDER BY id");
  const remove = prepare(database, "DELETE FROM incoming WHERE id = ?");
  const removePeer = prepare(database, "DELETE FROM incoming WHERE peer = ?");
  const selectSize = prepare(
    database,
    "SELECT count(*) AS total, coalesce(sum(length(event)), 0) AS bytes FROM incoming WHERE peer = ?",
  );
  const count = prepare(database, "SELECT count(*) AS total FROM incoming");

  const openRow = (row: Parameters<typeof readBlob>[0]): IncomingRow => {
    const id = readInteger(row, "id");
    return { id, event: sealer.open(TABLE, rowNumberBytes(id), readBlob(row, "event")) };
  };
  return {
    insert(peer, event) {
      // The number goes into the seal, so it has to be known before SQLite would choose it.
      const row = lastId.get();
      const id = row === undefined ? 1 : readInteger(row, "seq") + 1;
      insert.run(id, peerTag(sealer, peer), sealer.seal(TABLE, rowNumberBytes(id), event));
      return id;
    },
    after: (id, limit) => selectAfter.all(id, limit).map(openRow),
    ofPeer: (peer) => selectPeer.all(peerTag(sealer, peer)).map(openRow),
    remove(id) {
      remove.run(id);
    },
    removePeer(peer) {
      removePeer.run(peerTag(sealer, peer));
    },
    count: () => readInteger(count.get() ?? {}, "total"),
    sizeOf(peer) {
      const row = selectSize.get(peerTag(sealer, peer)) ?? {};
      return { rows: readInteger(row, "total"), bytes: readInteger(row, "bytes") };
    },
  };
}
