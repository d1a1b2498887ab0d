import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { type Clock, systemClock } from "../clock.ts";
import { MeshError } from "../errors.ts";
import { NO_FLOOR_MS } from "./ledger-table.ts";
import type {
  AddResult,
  ItemKey,
  ItemRange,
  MeshStore,
  NewMessage,
  PageLimits,
  RangePart,
  RangeSummary,
  StoredMessage,
} from "./port.ts";
import { type PieceSource, sumParts, sumRange } from "./range-sums.ts";
import { openDatabase, runTransaction } from "./schema.ts";
import { DEFAULT_STORE_LIMITS, type StoreLimits } from "./store-limits.ts";
import { createTables, flushTables, reloadTables, type StoreTables } from "./store-tables.ts";
import { StoreWriter } from "./store-writer.ts";

const EPOCH = "epoch";
const EPOCH_BYTES = 16;
const FILE = "file";
/** Negative: kibibytes. A channel's indexes are read at random. */
const CACHE_KIB = -16_384;
/**
 * Messages marked as handled are deleted with the next step, together, or after so many milliseconds. A step for each would
 * wait for the disk as often as receiving does; and who dies between its own disk and ours gets the message again anyway.
 */
const MARK_MS = 5;
const MAX_MARKS = 1_024;
const WAL_BYTES = 32 * 1024 * 1024;

export interface MeshStoreOptions {
  /** Of the file, in a folder that is ours alone; both are made when they are missing. */
  readonly path: string;
  readonly limits?: Partial<StoreLimits>;
  readonly clock?: Clock;
  /** The file grows no larger, 4 KiB each; a write beyond fails like one to a full disk. */
  readonly maxPages?: number;
}

/**
 * Opens the store of a peer, creating it when there is none: folder 0700, file 0600, one process at a time. A file that is
 * newer, damaged or another program's is refused and left as it is.
 *
 * @throws MeshError `state_newer` | `state_unreadable` | `state_unwritable` | `insecure_state_path` | `locked`.
 */
export function openMeshStore(options: MeshStoreOptions): MeshStore {
  const { clock = systemClock, maxPages, path } = options;
  const database = openDatabase(path, writeEpoch, { maxPages });
  try {
    database.exec(`PRAGMA cache_size = ${CACHE_KIB}`);
    database.exec(`PRAGMA journal_size_limit = ${WAL_BYTES}`);
    // Nothing here is secret, so what was deleted need not be overwritten.
    database.exec("PRAGMA secure_delete = OFF");
    const tables = createTables(database);
    const epoch = loadEpoch(database, tables, path);
    const limits = { ...DEFAULT_STORE_LIMITS, ...options.limits };
    return new SqliteMeshStore({ clock, database, epoch, limits, tables });
  } catch (error) {
    database.close();
    throw error;
  }
}

function writeEpoch(created: DatabaseSync): void {
  created.prepare("INSERT INTO meta (name, value) VALUES (?, ?)").run(EPOCH, newEpoch());
}

function newEpoch(): string {
  return randomBytes(EPOCH_BYTES).toString("base64url");
}

/**
 * The epoch of the file; a new one when the file is a copy. A copy that was put back counts on from an earlier number, and
 * others would take what it gives the same numbers for what they have.
 */
function loadEpoch(database: DatabaseSync, { totals }: StoreTables, path: string): string {
  const file = String(statSync(path, { bigint: true }).ino);
  const known = totals.readMeta(FILE);
  const epoch = totals.readMeta(EPOCH);
  if (epoch !== undefined && known === file) return epoch;
  const next = epoch === undefined || known !== undefined ? newEpoch() : epoch;
  runTransaction(database, () => {
    totals.writeMeta(EPOCH, next);
    totals.writeMeta(FILE, file);
  });
  return next;
}

interface StoreParts {
  readonly clock: Clock;
  readonly database: DatabaseSync;
  readonly epoch: string;
  readonly limits: StoreLimits;
  readonly tables: StoreTables;
}

class SqliteMeshStore implements MeshStore {
  readonly epoch: string;
  readonly #clock: Clock;
  readonly #database: DatabaseSync;
  readonly #all: StoreTables;
  readonly #writer: StoreWriter;
  /** Marked, and not yet deleted on the disk. */
  readonly #handled = new Set<number>();
  #marking: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** A step failed, and memory may be ahead of the disk. */
  #isStale = false;

  constructor({ clock, database, epoch, limits, tables }: StoreParts) {
    this.epoch = epoch;
    this.#clock = clock;
    this.#database = database;
    this.#all = tables;
    this.#writer = new StoreWriter(tables, limits);
  }

  add(batch: readonly NewMessage[]): readonly AddResult[] {
    return this.#step(() => this.#writer.add(batch, this.#clock.now()));
  }

  newest(channelId: string, limits: PageLimits): readonly StoredMessage[] {
    const nowMs = this.#clock.now();
    return this.#inChannel(channelId, [], (id) => this.#tables.messages.newest(id, nowMs, limits));
  }

  saidSince(senderId: string, sinceMs: number, limits: PageLimits): readonly StoredMessage[] {
    const { messages, senders } = this.#tables;
    const account = senders.find(senderId);
    return account === undefined ? [] : messages.saidSince(account.id, sinceMs, limits);
  }

  pageAfter(
    channelId: string,
    afterMessageId: string | null,
    limits: PageLimits,
  ): readonly StoredMessage[] {
    return this.#inChannel(channelId, [], (id) =>
      this.#tables.messages.pageAfter(id, afterMessageId, limits),
    );
  }

  arrivedAfter(channelId: string, arrival: number, limits: PageLimits): readonly StoredMessage[] {
    return this.#inChannel(channelId, [], (id) =>
      this.#tables.messages.arrivedAfter(id, arrival, limits),
    );
  }

  summarize(channelId: string, range: ItemRange): RangeSummary {
    return this.#inChannel(channelId, emptySummary(), (id) => sumRange(this.#pieces(id), range));
  }

  summarizeParts(channelId: string, range: ItemRange, parts: number): readonly RangePart[] {
    return this.#inChannel(channelId, [{ to: range.to, ...emptySummary() }], (id) =>
      sumParts(this.#pieces(id), range, parts),
    );
  }

  items(channelId: string, range: ItemRange, limit: number): readonly ItemKey[] {
    return this.#inChannel(channelId, [], (id) => this.#tables.messages.itemsOf(id, range, limit));
  }

  lacking(channelId: string, items: readonly ItemKey[]): readonly ItemKey[] {
    const { channels, dropped, messages } = this.#tables;
    const floorMs = this.floorMs(channelId);
    const id = channels.find(channelId)?.id;
    return items.filter(
      (item) =>
        item.timestampMs > floorMs &&
        !(id !== undefined && messages.has(id, item)) &&
        !dropped.has(item.digest),
    );
  }

  byItems(
    channelId: string,
    items: readonly ItemKey[],
    maxBytes: number,
  ): { readonly messages: readonly StoredMessage[]; readonly looked: number } {
    const none = { messages: [], looked: items.length };
    return this.#inChannel(channelId, none, (id) =>
      this.#tables.messages.storedAtAll(id, items, maxBytes),
    );
  }

  floorMs(channelId: string): number {
    const floorMs = this.#tables.channels.find(channelId)?.floorMs ?? NO_FLOOR_MS;
    return Math.max(floorMs, this.#writer.ageFloorMs(this.#clock.now()));
  }

  channels(): ReturnType<MeshStore["channels"]> {
    const { messages, totals } = this.#tables;
    return totals.channels().map(({ id, messages: count, name }) => ({
      channelId: name,
      count,
      newestArrival: messages.lastArrival(id),
    }));
  }

  unhandledAfter(arrival: number, limit: number): readonly StoredMessage[] {
    const { inbox, messages, quarantine } = this.#tables;
    const marked = [...this.#handled].filter((id) => id > arrival).length;
    const rows = inbox.after(arrival, limit + marked);
    const open = rows.filter(({ id }) => !this.#handled.has(id)).slice(0, limit);
    return open.flatMap((waiting) => {
      const stored = messages.stored(waiting.arrival) ?? quarantine.get(waiting.arrival);
      return stored === undefined ? [] : [{ ...stored, arrival: waiting.id }];
    });
  }

  markHandled(arrival: number): void {
    if (!this.#tables.inbox.has(arrival)) return;
    this.#handled.add(arrival);
    if (this.#handled.size >= MAX_MARKS) this.#writeMarks();
    else this.#marking ??= setTimeout(() => this.#tryWriteMarks(), MARK_MS);
  }

  countUnhandled(): number {
    return this.#tables.inbox.count - this.#handled.size;
  }

  heldChannels(): readonly string[] {
    return this.#tables.inbox.heldChannels();
  }

  release(channelId: string, doneToMs: number): number {
    return this.#step(() => this.#writer.release(channelId, doneToMs));
  }

  readCursor(peerId: string, channelId: string): string | undefined {
    return this.#tables.notes.readCursor(peerId, channelId);
  }

  writeCursor(peerId: string, channelId: string, cursor: string): void {
    this.#step(() => this.#tables.notes.writeCursor(peerId, channelId, cursor));
  }

  readNote(name: string): string | undefined {
    return this.#tables.notes.readNote(name);
  }

  writeNote(name: string, value: string): void {
    this.#step(() => this.#tables.notes.writeNote(name, value));
  }

  prune(nowMs: number): number {
    return this.#step(() => this.#writer.prune(nowMs));
  }

  protect(channelIds: ReadonlySet<string>): void {
    this.#writer.protect(channelIds);
  }

  stats(): ReturnType<MeshStore["stats"]> {
    const { quarantine, totals } = this.#tables;
    return {
      messages: totals.messages,
      bytes: totals.bytes,
      quarantined: quarantine.count,
      givenUp: this.#writer.givenUp,
    };
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    clearTimeout(this.#marking);
    this.#tryWriteMarks();
    this.#isClosed = true;
    this.#database.close();
  }

  /** The tables, in agreement with the disk. @throws MeshError `closed`. */
  get #tables(): StoreTables {
    if (this.#isClosed) throw new MeshError("closed", "store: it is closed");
    if (this.#isStale) {
      reloadTables(this.#all);
      this.#isStale = false;
    }
    return this.#all;
  }

  /** Runs something as a whole: on the disk when it returns, or as if it had not been when it throws. */
  #step<T>(work: () => T): T {
    const tables = this.#tables;
    try {
      const result = runTransaction(this.#database, () => {
        for (const id of this.#handled) this.#writer.markHandled(id);
        const done = work();
        flushTables(tables);
        return done;
      });
      this.#handled.clear();
      return result;
    } catch (error) {
      this.#isStale = true;
      throw error;
    }
  }

  #writeMarks(): void {
    this.#step(() => {});
  }

  /** A disk that is full now may have room for them with the next step; until then they would only be offered again. */
  #tryWriteMarks(): void {
    this.#marking = undefined;
    try {
      if (this.#handled.size > 0) this.#writeMarks();
    } catch (error) {
      if (!(error instanceof MeshError)) throw error;
    }
  }

  #inChannel<T>(channelId: string, otherwise: T, read: (id: number) => T): T {
    const account = this.#tables.channels.find(channelId);
    return account === undefined ? otherwise : read(account.id);
  }

  #pieces(id: number): PieceSource {
    const { messages, sums } = this.#tables;
    return {
      items: (range) => messages.pieces(id, range),
      buckets: (level, from, to) => sums.buckets(id, level, from, to),
    };
  }
}

function emptySummary(): RangeSummary {
  return { count: 0, fingerprint: new Uint8Array(32) };
}
