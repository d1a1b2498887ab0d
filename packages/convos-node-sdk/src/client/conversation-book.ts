import type { Clock } from "../clock.ts";
import { ConvosError } from "../errors.ts";
import { type ConversationRecord, isOver, OWNER_KEY_INDEX } from "../store/conversation-record.ts";
import type { ConversationRow } from "../store/conversations-table.ts";
import type { ConvosStore } from "../store/convos-store.ts";
import { encodeEvent, type EventContent } from "./event-codec.ts";

/** What one step may do. All of it reaches the disk together, or none. */
export interface BookStep {
  readonly store: ConvosStore;
  /** The record as it is within the step. */
  get(id: number): ConversationRecord;
  update(id: number, change: Partial<ConversationRecord>): void;
  replace(id: number, record: ConversationRecord): void;
  addEvent(id: number, content: EventContent, source?: EventSource): void;
}

/** Which message made an event. */
interface EventSource {
  /** Default: the group of the conversation, if it has one. */
  readonly conversationId?: string;
  readonly senderInboxId: string;
  readonly messageId: string;
  readonly sentAtMs: number;
}

/** The conversations of one account: on disk, and a copy in memory that never runs ahead of it. */
export class ConversationBook {
  readonly #store: ConvosStore;
  readonly #clock: Clock;
  readonly #rows = new Map<number, ConversationRow>();
  readonly #listeners = new Set<(hasEvents: boolean) => void>();

  constructor(store: ConvosStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    for (const row of store.conversations.all()) this.#rows.set(row.id, row);
  }

  all(): ConversationRow[] {
    return [...this.#rows.values()];
  }

  /** A row that exists: rows are never deleted. */
  get(id: number): ConversationRow {
    const row = this.#rows.get(id);
    if (row === undefined) throw new ConvosError("unknown_conversation", "no such conversation");
    return row;
  }

  /** The agent may have been taken out of a group and let in again, with another key: then the one at work counts. */
  findGroup(groupId: string): ConversationRow | undefined {
    const rows = this.all().filter(({ record }) => record.groupId === groupId);
    return rows.find(({ record }) => !isOver(record)) ?? rows[0];
  }

  findJoin(joinId: string): ConversationRow | undefined {
    return this.all().find(({ record }) => record.request?.joinId === joinId);
  }

  /** @throws ConvosError of the store. */
  create(keyIndex: number, record: ConversationRecord): ConversationRow {
    const id = this.#store.transaction(() => this.#store.conversations.insert(keyIndex, record));
    const row = { id, keyIndex, record };
    this.#rows.set(id, row);
    this.#tell(false);
    return row;
  }

  /** A direct conversation, which has no key of its own: its index is one that no key has. @throws ConvosError of the store. */
  createDirect(record: ConversationRecord & { readonly via: number }): ConversationRow {
    const lowest = Math.min(OWNER_KEY_INDEX, ...this.all().map(({ keyIndex }) => keyIndex));
    return this.create(lowest - 1, record);
  }

  /** @throws ConvosError of the store, and whatever the work throws. */
  step<T>(work: (step: BookStep) => T): T {
    const changed = new Map<number, ConversationRow>();
    let hasEvents = false;
    const get = (id: number): ConversationRow => changed.get(id) ?? this.get(id);
    const replace = (id: number, record: ConversationRecord): void => {
      this.#store.conversations.update(id, record);
      changed.set(id, { ...get(id), record });
    };
    const result = this.#store.transaction(() =>
      work({
        store: this.#store,
        get: (id) => get(id).record,
        update: (id, change) => replace(id, { ...get(id).record, ...change }),
        replace,
        addEvent: (id, content, source) => {
          const nowMs = this.#clock.now();
          hasEvents = true;
          const { groupId = "", via } = get(id).record;
          const event = encodeEvent({
            conversationId: source?.conversationId ?? groupId,
            ...(via !== undefined && { direct: true }),
            senderInboxId: source?.senderInboxId ?? "",
            messageId: source?.messageId ?? "",
            sentAtMs: source?.sentAtMs ?? nowMs,
            receivedAtMs: nowMs,
            content,
          });
          this.#store.incoming.insert(id, event);
        },
      }),
    );
    for (const [id, row] of changed) this.#rows.set(id, row);
    this.#tell(hasEvents);
    return result;
  }

  /** Called after every step that reached the disk. @returns How to stop that. */
  listen(listener: (hasEvents: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(hasEvents: boolean): void {
    for (const listener of this.#listeners) listener(hasEvents);
  }
}
