import { hash } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { readBlob, readInteger } from "./database.ts";
import type { Page } from "./page.ts";

/** A message as subscribers and queries get it. */
export interface StoredMessage {
  /** Position in the log of all topics: 1 for the first message, strictly increasing. */
  readonly id: bigint;
  /** Group id or installation key. */
  readonly topic: Uint8Array;
  /** The encoded GroupMessage or WelcomeMessage, number and time included. */
  readonly message: Uint8Array;
}

export interface NewMessage {
  readonly topic: Uint8Array;
  /** What makes two messages of a topic the same one. */
  readonly content: Uint8Array;
  /** Encodes the message once it has its number and its time. */
  readonly encode: (id: bigint, createdNs: bigint) => Uint8Array;
}

/** One log of messages by topic: that of the groups, or that of the welcomes. */
export class MessageLog {
  readonly #statements: Record<
    "insert" | "ascending" | "descending" | "newest" | "count",
    StatementSync
  >;
  readonly #nowNs: () => bigint;
  #lastId: bigint;
  #lastNs: bigint;

  constructor(
    database: DatabaseSync,
    table: "group_messages" | "welcome_messages",
    nowNs: () => bigint,
  ) {
    this.#statements = {
      insert: database.prepare(
        `INSERT INTO ${table} (id, topic, created_ns, digest, message) VALUES (?, ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING`,
      ),
      ascending: database.prepare(
        `SELECT id, message FROM ${table} WHERE topic = ? AND id > ? ORDER BY id LIMIT ?`,
      ),
      descending: database.prepare(
        `SELECT id, message FROM ${table} WHERE topic = ? AND id < ? ORDER BY id DESC LIMIT ?`,
      ),
      newest: database.prepare(
        `SELECT id, message FROM ${table} WHERE topic = ? ORDER BY id DESC LIMIT 1`,
      ),
      count: database.prepare(`SELECT count(*) AS messages FROM ${table}`),
    };
    this.#nowNs = nowNs;
    const last = database
      .prepare(`SELECT id, created_ns FROM ${table} ORDER BY id DESC LIMIT 1`)
      .get();
    this.#lastId = last === undefined ? 0n : readInteger(last, "id");
    this.#lastNs = last === undefined ? 0n : readInteger(last, "created_ns");
  }

  /**
   * Appends a message. Belongs into a transaction; number and time are used up also when that fails.
   *
   * @returns what was stored, or undefined when the topic has this message already: a client sent it twice.
   */
  append({ topic, content, encode }: NewMessage): StoredMessage | undefined {
    const id = this.#lastId + 1n;
    // Clients show this as the time of sending and sort by it: two messages never have the same.
    const now = this.#nowNs();
    const createdNs = now > this.#lastNs ? now : this.#lastNs + 1n;
    const message = encode(id, createdNs);
    const digest = hash("sha256", Buffer.concat([topic, content]), "buffer");
    const { changes } = this.#statements.insert.run(id, topic, createdNs, digest, message);
    if (BigInt(changes) === 0n) return undefined;
    this.#lastId = id;
    this.#lastNs = createdNs;
    return { id, topic, message };
  }

  /** The messages of a topic behind a cursor, in the order of the page. */
  list(topic: Uint8Array, page: Page): StoredMessage[] {
    const { ascending, descending } = this.#statements;
    const statement = page.direction === "ascending" ? ascending : descending;
    return statement
      .all(topic, page.cursor, page.limit)
      .map((row) => ({ id: readInteger(row, "id"), topic, message: readBlob(row, "message") }));
  }

  newest(topic: Uint8Array): StoredMessage | undefined {
    const row = this.#statements.newest.get(topic);
    if (row === undefined) return undefined;
    return { id: readInteger(row, "id"), topic, message: readBlob(row, "message") };
  }

  count(): number {
    return Number(readInteger(this.#statements.count.get(), "messages"));
  }
}
