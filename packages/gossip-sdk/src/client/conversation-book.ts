import { randomBytes } from "node:crypto";
import type { Clock } from "../clock.ts";
import { toHex } from "../codec/bytes.ts";
import {
  type Conversation,
  type MessageStatus,
  retentionCutoffMs,
  statusOfItem,
} from "../conversation/conversation.ts";
import { decodeConversation, encodeConversation } from "../conversation/conversation-codec.ts";
import { stepConversation } from "../conversation/machine.ts";
import { decodeQueueItem } from "../conversation/queue-item-codec.ts";
import { decodeSeenNote, encodeSeenNote } from "../conversation/seen-note-codec.ts";
import type { SessionPort } from "../conversation/session-port.ts";
import type {
  ConversationEffect,
  ConversationEvent,
  ConversationNotice,
} from "../conversation/step.ts";
import { decodeStoredEvent, encodeStoredEvent } from "../conversation/stored-event-codec.ts";
import { GossipError } from "../errors.ts";
import type { GossipUserId } from "../identity/user-id.ts";
import { MESSAGE_ID_BYTES } from "../message/content.ts";
import { forEachInSlices } from "../pacing/slices.ts";
import type { GossipStore } from "../store/gossip-store.ts";
import { type RowNumbers, saveQueue, type SettledMessage } from "./queue-rows.ts";

const NO_ROWS: RowNumbers = new Map();

export interface BookDeps {
  readonly store: GossipStore;
  readonly sessions: SessionPort;
  readonly clock: Clock;
  readonly random: () => number;
}

/** What a committed step has done, for those who act on it. */
export interface StepOutcome {
  /** Undefined when the conversation was removed. */
  readonly after: Conversation | undefined;
  readonly peer: GossipUserId;
  /** Whether this was the first step of the conversation. */
  readonly created: boolean;
  /** Row numbers of new events. */
  readonly events: readonly number[];
  readonly settled: readonly SettledMessage[];
  readonly notices: readonly ConversationNotice[];
}

/**
 * All conversations of an account: in memory as the machine wants them, and on disk as the last committed step left
 * them. A step is one transaction; listeners hear of it only when it was committed, and nobody hears of one that failed.
 */
export class ConversationBook {
  readonly #deps: BookDeps;
  readonly #conversations = new Map<GossipUserId, Conversation>();
  readonly #rows = new Map<GossipUserId, RowNumbers>();
  readonly #listeners = new Set<(outcome: StepOutcome) => void>();

  private constructor(deps: BookDeps) {
    this.#deps = deps;
  }

  /** @throws GossipError `state_unreadable` | `state_newer`. */
  static async load(deps: BookDeps): Promise<ConversationBook> {
    const book = new ConversationBook(deps);
    await forEachInSlices(deps.store.conversations.all(), (bytes) => {
      const conversation = decodeConversation(bytes);
      book.#conversations.set(conversation.peer, conversation);
    });
    await forEachInSlices(deps.store.outgoing.unsettled(), ({ id, item: bytes }) => {
      const { peer, item } = decodeQueueItem(bytes);
      const conversation = book.#conversations.get(peer);
      if (conversation === undefined) {
        throw new GossipError("state_unreadable", "store: a queued message without conversation");
      }
      const queue = [...conversation.queue, item];
      book.#conversations.set(peer, { ...conversation, queue });
      const rows = book.#rows.get(peer) ?? NO_ROWS;
      book.#rows.set(peer, new Map([...rows, [toHex(item.messageId), id]]));
    });
    return book;
  }

  get(peer: GossipUserId): Conversation | undefined {
    return this.#conversations.get(peer);
  }

  /** A snapshot: steps taken while it is walked do not disturb it. */
  all(): Conversation[] {
    return [...this.#conversations.values()];
  }

  get sessions(): SessionPort {
    return this.#deps.sessions;
  }

  /** Called after every committed step. @returns How to stop it. */
  listen(listener: (outcome: StepOutcome) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Takes one step and commits it.
   *
   * @param options.create - Where to start when there is no conversation with this peer yet; otherwise such a step is
   *   ignored.
   * @param options.also - Further writes of the same transaction.
   * @throws GossipError of the store; then nothing has happened.
   */
  step(
    peer: GossipUserId,
    event: ConversationEvent,
    options: { create?: Conversation; also?: () => void } = {},
  ): void {
    const { store, sessions, clock, random } = this.#deps;
    const known = this.#conversations.get(peer);
    const before = known ?? options.create;
    if (before === undefined) return;
    const nowMs = clock.now();
    const { conversation: after, effects } = stepConversation(before, event, {
      sessions,
      nowMs,
      random,
      newMessageId: () => new Uint8Array(randomBytes(MESSAGE_ID_BYTES)),
      findSeen: (messageId) => {
        const note = store.seen.findMessage(peer, messageId);
        return note && decodeSeenNote(note);
      },
    });
    if (after === known && effects.length === 0 && options.also === undefined) return;

    const settled = effects.filter((effect) => effect.type === "settled");
    const rows = this.#rows.get(peer) ?? NO_ROWS;
    const committed = store.transaction(() => {
      if (known === undefined || !differOnlyInQueue(known, after)) {
        store.conversations.save(peer, encodeConversation(after));
      }
      const nextRows = saveQueue(store.outgoing, {
        before: known?.queue ?? [],
        after,
        settled,
        rows,
        nowMs,
      });
      const events = this.#saveEffects(peer, effects, nowMs);
      options.also?.();
      return { nextRows, events };
    });
    this.#conversations.set(peer, after);
    this.#rows.set(peer, committed.nextRows);
    const notices = effects.flatMap((effect) => (effect.type === "notice" ? [effect.notice] : []));
    const created = known === undefined;
    this.#tell({ after, peer, created, events: committed.events, settled, notices });
  }

  /** Forgets a peer, with everything queued either way. What was seen of it stays seen. */
  remove(peer: GossipUserId): void {
    const { store } = this.#deps;
    if (!this.#conversations.has(peer)) return;
    store.transaction(() => {
      store.conversations.remove(peer);
      store.outgoing.removePeer(peer);
      store.incoming.removePeer(peer);
    });
    this.#conversations.delete(peer);
    this.#rows.delete(peer);
    this.#tell({ after: undefined, peer, created: false, events: [], settled: [], notices: [] });
  }

  /** Status of a message of ours, for as long as its row is kept: a month after it was settled. */
  statusOf(peer: GossipUserId, messageId: Uint8Array): MessageStatus | undefined {
    const key = toHex(messageId);
    const item = this.#conversations
      .get(peer)
      ?.queue.find((queued) => toHex(queued.messageId) === key);
    if (item !== undefined) return statusOfItem(item);
    const stored = this.#deps.store.outgoing.statusOf(peer, messageId);
    return stored === "delivered" || stored === "failed" ? stored : undefined;
  }

  /** Deletes unhandled events that the retention policy of their conversation covers. @returns How many. */
  purgeEvents(peer: GossipUserId): number {
    const { store, clock } = this.#deps;
    const policy = this.#conversations.get(peer)?.retention;
    const cutoffMs = retentionCutoffMs(policy, clock.now());
    if (policy === undefined || cutoffMs === undefined) return 0;
    const covered = store.incoming.ofPeer(peer).filter((row) => {
      const { receivedAtMs } = decodeStoredEvent(row.event);
      return receivedAtMs >= policy.sinceMs && receivedAtMs < cutoffMs;
    });
    if (covered.length > 0) {
      store.transaction(() => {
        for (const { id } of covered) store.incoming.remove(id);
      });
    }
    return covered.length;
  }

  #saveEffects(
    peer: GossipUserId,
    effects: readonly ConversationEffect[],
    nowMs: number,
  ): number[] {
    const { incoming, seen } = this.#deps.store;
    const events: number[] = [];
    for (const effect of effects) {
      if (effect.type === "remember") {
        seen.rememberMessage(peer, effect.messageId, encodeSeenNote(effect.note), nowMs);
      } else if (effect.type === "event") {
        const { event, sentAtMs } = effect;
        const stored = encodeStoredEvent({ peer, sentAtMs, receivedAtMs: nowMs, event });
        events.push(incoming.insert(peer, stored));
      }
    }
    return events;
  }

  #tell(outcome: StepOutcome): void {
    for (const listener of this.#listeners) listener(outcome);
  }
}

/** Queue rows are written one by one: posting a message need not write the whole session again. */
function differOnlyInQueue(before: Conversation, after: Conversation): boolean {
  const { queue: _queued, ...fields } = after;
  return Object.entries(fields).every(([name, value]) => Reflect.get(before, name) === value);
}
