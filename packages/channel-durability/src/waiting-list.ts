import { randomUUID } from "node:crypto";
import { ChannelDurabilityError } from "./errors.ts";
import { readBlob, readText, type Row } from "./rows.ts";
import type { DurableStore } from "./store.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** A pairing code lives one hour; whoever was not approved for a day starts over. */
const DEFAULT_MAX_AGE_MS = DAY_MS;
/** As long as an event can lie in the queue: until when somebody waited is asked for each of them. */
const ENDED_MAX_AGE_MS = 30 * DAY_MS;
/** The host has three open codes per account; more rows than this are left over from denied requests. */
const MAX_ENTRIES = 100;

/** A sender who was told a pairing code and not yet that it was approved. */
export interface WaitingEntry {
  readonly senderId: string;
  /** Stable for this wait: use it as the queue id of the notice, so that a crash cannot double it. */
  readonly noticeId: string;
}

/** Senders who hold a pairing code, kept across restarts: the first approval restarts the channel. */
export interface WaitingList {
  /** Notes a sender, or starts his wait anew. */
  add(senderId: string): WaitingEntry;
  list(): readonly WaitingEntry[];
  /** All that was sent before the approval has arrived. Once per wait; a repetition changes nothing. */
  markRead(senderId: string): void;
  /** The sender was told. @returns False when the sender was not waiting. */
  endWait(senderId: string): boolean;
  /** @param arrivedAtMs - Milliseconds since 1970, by the clock of the store. */
  wroteWhileWaiting(senderId: string, arrivedAtMs: number): boolean;
}

/** The waiting list of one account. Old entries are forgotten on the way. */
export function openWaitingList(options: {
  readonly store: DurableStore;
  readonly maxAgeMs?: number;
}): WaitingList {
  const { store } = options;
  const maxAgeMs = options.maxAgeMs ?? DEFAULT_MAX_AGE_MS;
  const tagOf = (senderId: string): string => store.sealer.tag("waiting sender", senderId);
  return {
    add: (senderId) => {
      const tag = tagOf(senderId);
      const entry: WaitingEntry = { senderId, noticeId: randomUUID() };
      store.write(() => {
        store.run(
          "DELETE FROM waiting WHERE added_at < iif(ended_at IS NULL, ?, ?)",
          store.now() - maxAgeMs,
          store.now() - ENDED_MAX_AGE_MS,
        );
        store.run(
          `INSERT INTO waiting (sender_tag, head, added_at) VALUES (?, ?, ?)
             ON CONFLICT (sender_tag) DO UPDATE
               SET head = excluded.head, added_at = excluded.added_at, read_at = NULL, ended_at = NULL`,
          tag,
          store.sealer.sealJson({ table: "waiting", column: "head", row: tag }, entry),
          store.now(),
        );
        store.run(
          `DELETE FROM waiting WHERE sender_tag IN
             (SELECT sender_tag FROM waiting ORDER BY added_at DESC LIMIT -1 OFFSET ?)`,
          MAX_ENTRIES,
        );
      });
      return entry;
    },
    list: () =>
      store
        .all(
          "SELECT sender_tag, head FROM waiting WHERE ended_at IS NULL AND added_at >= ? ORDER BY added_at",
          store.now() - maxAgeMs,
        )
        .map((row) => tryEntry(store, row))
        .filter((entry) => entry !== undefined),
    markRead: (senderId) => {
      store.write(() =>
        store.run(
          "UPDATE waiting SET read_at = ? WHERE sender_tag = ? AND read_at IS NULL",
          store.now(),
          tagOf(senderId),
        ),
      );
    },
    endWait: (senderId) =>
      store.write(() =>
        store.run(
          `UPDATE waiting SET ended_at = ?1, read_at = coalesce(read_at, ?1)
             WHERE sender_tag = ?2 AND ended_at IS NULL`,
          store.now(),
          tagOf(senderId),
        ),
      ) > 0,
    wroteWhileWaiting: (senderId, arrivedAtMs) =>
      store.get(
        // A clock that was ahead when the wait ended, and was set back, must keep nobody out for as long.
        `SELECT 1 FROM waiting WHERE sender_tag = ?1
           AND coalesce(read_at >= ?2 AND (read_at <= ?4 OR ?2 > ?4), ended_at IS NULL)
           AND (ended_at IS NOT NULL OR added_at >= ?3)`,
        tagOf(senderId),
        arrivedAtMs,
        store.now() - maxAgeMs,
        store.now(),
      ) !== undefined,
  };
}

function tryEntry(store: DurableStore, row: Row): WaitingEntry | undefined {
  const tag = readText(row, "sender_tag");
  try {
    const place = { table: "waiting", column: "head", row: tag };
    const value = store.sealer.openJson(place, readBlob(row, "head"));
    return isWaitingEntry(value) ? value : undefined;
  } catch (error) {
    if (error instanceof ChannelDurabilityError && error.code === "corrupt_row") {
      return undefined;
    }
    throw error;
  }
}

function isWaitingEntry(value: unknown): value is WaitingEntry {
  return (
    typeof value === "object" &&
    value !== null &&
    "senderId" in value &&
    "noticeId" in value &&
    typeof value.senderId === "string" &&
    typeof value.noticeId === "string"
  );
}
