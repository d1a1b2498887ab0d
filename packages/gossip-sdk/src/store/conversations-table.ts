import type { DatabaseSync } from "node:sqlite";
import type { Sealer } from "sdk-kit";
import { userIdToBytes, type GossipUserId } from "../identity/user-id.ts";
import { prepare, readBlob } from "./database.ts";

const TABLE = "conversations";

/** One sealed row per peer: the session and everything around it. */
export interface ConversationsTable {
  /** One by one: unsealing a thousand takes a while. Read to the end before the next write. */
  all(): Iterable<Uint8Array>;
  save(peer: GossipUserId, state: Uint8Array): void;
  remove(peer: GossipUserId): void;
}

export function createConversationsTable(
  database: DatabaseSync,
  sealer: Sealer,
): ConversationsTable {
  const select = prepare(database, "SELECT peer, state FROM conversations");
  const upsert = prepare(
    database,
    "INSERT INTO conversations (peer, state) VALUES (?, ?) ON CONFLICT (peer) DO UPDATE SET state = excluded.state",
  );
  const remove = prepare(database, "DELETE FROM conversations WHERE peer = ?");
  return {
    *all() {
      for (const row of select.iterate()) {
        yield sealer.open(TABLE, readBlob(row, "peer"), readBlob(row, "state"));
      }
    },
    save(peer, state) {
      const tag = peerTag(sealer, peer);
      upsert.run(tag, sealer.seal(TABLE, tag, state));
    },
    remove(peer) {
      remove.run(peerTag(sealer, peer));
    },
  };
}

/** What stands for a peer in look-up columns. */
export function peerTag(sealer: Sealer, peer: GossipUserId): Uint8Array {
  return sealer.tag("peer", userIdToBytes(peer));
}
