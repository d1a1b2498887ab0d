import type { DatabaseSync } from "node:sqlite";
import type { Statement } from "sdk-kit";
import { prepare, readText } from "./schema.ts";

/** Cursors of other peers' stores that are kept; those that were changed longest ago give way. */
const MAX_CURSORS = 20_000;

/** Cursors and small values. Each write is a step of its own. */
export class NotesTable {
  readonly #readNote: Statement;
  readonly #writeNote: Statement;
  readonly #readCursor: Statement;
  readonly #writeCursor: Statement;
  readonly #pruneCursors: Statement;

  constructor(database: DatabaseSync) {
    this.#readNote = prepare(database, "SELECT value FROM notes WHERE name = ?");
    this.#writeNote = prepare(database, "INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)");
    this.#readCursor = prepare(
      database,
      "SELECT value FROM cursors WHERE peer = ? AND channel = ?",
    );
    this.#writeCursor = prepare(
      database,
      `INSERT OR REPLACE INTO cursors (peer, channel, value, changed)
       VALUES (?, ?, ?, (SELECT coalesce(max(changed), 0) + 1 FROM cursors))`,
    );
    this.#pruneCursors = prepare(
      database,
      "DELETE FROM cursors WHERE changed <= (SELECT max(changed) FROM cursors) - ?",
    );
  }

  readNote(name: string): string | undefined {
    const row = this.#readNote.get(name);
    return row && readText(row, "value");
  }

  writeNote(name: string, value: string): void {
    this.#writeNote.run(name, value);
  }

  readCursor(peerId: string, channelId: string): string | undefined {
    const row = this.#readCursor.get(peerId, channelId);
    return row && readText(row, "value");
  }

  writeCursor(peerId: string, channelId: string, cursor: string): void {
    this.#writeCursor.run(peerId, channelId, cursor);
  }

  /** Inside of a transaction. */
  prune(): void {
    this.#pruneCursors.run(MAX_CURSORS);
  }
}
