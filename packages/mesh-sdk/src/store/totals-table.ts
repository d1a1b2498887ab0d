import type { DatabaseSync } from "node:sqlite";
import type { Statement } from "sdk-kit";
import { prepare, readInteger, readText } from "./schema.ts";

const ARRIVAL = "arrival";

/** What there is of all channels, and the counter of arrivals. */
export class TotalsTable {
  messages = 0;
  bytes = 0;
  #arrival = 0;
  #writtenArrival = 0;
  readonly #measure: Statement;
  readonly #read: Statement;
  readonly #write: Statement;
  readonly #channels: Statement;
  readonly #largest: Statement;
  readonly #tooLarge: Statement;
  readonly #withOlder: Statement;

  constructor(database: DatabaseSync) {
    this.#measure = prepare(
      database,
      "SELECT coalesce(sum(messages), 0) AS messages, coalesce(sum(bytes), 0) AS bytes FROM channels",
    );
    this.#read = prepare(database, "SELECT value FROM meta WHERE name = ?");
    this.#write = prepare(database, "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)");
    this.#channels = prepare(
      database,
      "SELECT name, id, messages FROM channels WHERE messages > 0 ORDER BY id",
    );
    this.#largest = prepare(
      database,
      "SELECT id, name, bytes FROM channels WHERE bytes > 0 ORDER BY bytes DESC",
    );
    this.#tooLarge = prepare(
      database,
      "SELECT id FROM channels WHERE bytes > ? ORDER BY bytes DESC LIMIT 1",
    );
    this.#withOlder = prepare(
      database,
      "SELECT id FROM channels WHERE oldest_ms <= ? ORDER BY oldest_ms LIMIT 1",
    );
    this.reload();
  }

  /** Reads again, after a transaction that failed. */
  reload(): void {
    const row = this.#measure.get() ?? {};
    this.messages = readInteger(row, "messages");
    this.bytes = readInteger(row, "bytes");
    this.#arrival = Number(this.readMeta(ARRIVAL) ?? "0");
    this.#writtenArrival = this.#arrival;
  }

  /** A number that was never used. */
  nextArrival(): number {
    this.#arrival += 1;
    return this.#arrival;
  }

  flush(): void {
    if (this.#arrival === this.#writtenArrival) return;
    this.writeMeta(ARRIVAL, String(this.#arrival));
    this.#writtenArrival = this.#arrival;
  }

  readMeta(name: string): string | undefined {
    const row = this.#read.get(name);
    return row && readText(row, "value");
  }

  writeMeta(name: string, value: string): void {
    this.#write.run(name, value);
  }

  channels(): readonly { readonly name: string; readonly id: number; readonly messages: number }[] {
    return this.#channels.all().map((row) => ({
      name: readText(row, "name"),
      id: readInteger(row, "id"),
      messages: readInteger(row, "messages"),
    }));
  }

  /** The two channels that take the most, the largest first, without some; as they were at the last flush. */
  largestChannels(
    except: ReadonlySet<string>,
  ): readonly { readonly id: number; readonly bytes: number }[] {
    const largest: { readonly id: number; readonly bytes: number }[] = [];
    for (const row of this.#largest.iterate()) {
      if (except.has(readText(row, "name"))) continue;
      largest.push({ id: readInteger(row, "id"), bytes: readInteger(row, "bytes") });
      if (largest.length === 2) break;
    }
    return largest;
  }

  channelLargerThan(bytes: number): number | undefined {
    return idOf(this.#tooLarge.get(bytes));
  }

  /** A channel that may have messages of this time or earlier. */
  channelWithOlder(thanMs: number): number | undefined {
    return idOf(this.#withOlder.get(thanMs));
  }
}

function idOf(row: ReturnType<Statement["get"]>): number | undefined {
  return row && readInteger(row, "id");
}
