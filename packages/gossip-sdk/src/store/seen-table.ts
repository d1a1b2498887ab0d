import type { DatabaseSync } from "node:sqlite";
import type { Sealer } from "sdk-kit";
import { userIdToBytes, type GossipUserId } from "../identity/user-id.ts";
import { prepare, readBlob } from "./database.ts";

const TABLE = "seen";

/**
 * What we have taken in, so that nothing is taken in twice: peers send again under the same id after a renewal
 * (docs/protocol/gossip.md section 8), and a relay may be read again from its beginning.
 */
export interface SeenTable {
  /** The note kept with a message id of this peer, or undefined when it is new. An id says nothing about other peers. */
  findMessage(peer: GossipUserId, messageId: Uint8Array): Uint8Array | undefined;
  rememberMessage(peer: GossipUserId, messageId: Uint8Array, note: Uint8Array, nowMs: number): void;
  hasAnnouncement(announcement: Uint8Array): boolean;
  rememberAnnouncement(announcement: Uint8Array, nowMs: number): void;
  prune(beforeMs: number): void;
}

export function createSeenTable(database: DatabaseSync, sealer: Sealer): SeenTable {
  const select = prepare(database, "SELECT note FROM seen WHERE tag = ?");
  const upsert = prepare(
    database,
    "INSERT INTO seen (tag, seen_ms, note) VALUES (?, ?, ?) ON CONFLICT (tag) DO UPDATE SET note = excluded.note",
  );
  const prune = prepare(database, "DELETE FROM seen WHERE seen_ms < ?");
  const messageTag = (peer: GossipUserId, messageId: Uint8Array): Uint8Array =>
    sealer.tag("seen message", userIdToBytes(peer), messageId);
  const announcementTag = (announcement: Uint8Array): Uint8Array =>
    sealer.tag("seen announcement", announcement);
  const remember = (tag: Uint8Array, note: Uint8Array, nowMs: number): void => {
    upsert.run(tag, nowMs, sealer.seal(TABLE, tag, note));
  };

  return {
    findMessage(peer, messageId) {
      const tag = messageTag(peer, messageId);
      const row = select.get(tag);
      return row === undefined ? undefined : sealer.open(TABLE, tag, readBlob(row, "note"));
    },
    rememberMessage(peer, messageId, note, nowMs) {
      remember(messageTag(peer, messageId), note, nowMs);
    },
    hasAnnouncement: (announcement) => select.get(announcementTag(announcement)) !== undefined,
    rememberAnnouncement(announcement, nowMs) {
      remember(announcementTag(announcement), new Uint8Array(0), nowMs);
    },
    prune(beforeMs) {
      prune.run(beforeMs);
    },
  };
}
