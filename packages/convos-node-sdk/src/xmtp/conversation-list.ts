import type { Conversation, Conversations, Message } from "@xmtp/node-bindings";
import { CONSENT, DIRECTION } from "./enums.ts";

/** A direct conversation and its newest message. */
export interface ListedDirect {
  readonly conversation: Conversation;
  /** Undefined while there is none. */
  readonly newestMessageId: string | undefined;
}

/**
 * What conversations an inbox has. XMTP's own list reads every message of every conversation each time, files included: a
 * third of a second with 75 MB of them. The keys of the conversations name the same ones for next to nothing, and of the
 * newest message only what came since the last look is read.
 */
export class ConversationList {
  readonly #conversations: Conversations;
  readonly #newest = new Map<string, Pick<Message, "id" | "sentAtNs">>();

  constructor(conversations: Conversations) {
    this.#conversations = conversations;
  }

  /** Groups that are not denied. */
  groups(): Conversation[] {
    return this.#all().filter((conversation) => !isDirect(conversation));
  }

  /**
   * Direct conversations that are not denied. XMTP may have several with one person, which show the same messages: of these
   * it is one.
   *
   * @param among - Only these, of all.
   */
  async directs(among?: readonly string[]): Promise<ListedDirect[]> {
    const conversations = among === undefined ? this.#all() : this.#open(among);
    const directs = conversations.filter(
      (conversation) => isDirect(conversation) && conversation.consentState() !== CONSENT.denied,
    );
    const listed: ListedDirect[] = [];
    for (const conversation of directs) {
      listed.push({ conversation, newestMessageId: await this.#findNewest(conversation) });
    }
    return listed;
  }

  /** Those that are not denied. */
  #all(): Conversation[] {
    return this.#open(Object.keys(this.#conversations.hmacKeys()));
  }

  /** Each once, under whatever of its ids it was asked for. Without those that are not there. */
  #open(ids: readonly string[]): Conversation[] {
    const byId = new Map<string, Conversation>();
    for (const id of ids) {
      const conversation = tryFind(this.#conversations, id);
      if (conversation !== undefined) byId.set(conversation.id(), conversation);
    }
    return [...byId.values()];
  }

  /** One that cannot be read must not keep the others waiting: strangers decide what is in it. */
  async #findNewest(conversation: Conversation): Promise<string | undefined> {
    const id = conversation.id();
    const known = this.#newest.get(id);
    const since = known === undefined ? {} : { sentAfterNs: known.sentAtNs - 1n };
    const newest = { direction: DIRECTION.descending, limit: 1, ...since };
    const [found] = await conversation.listMessages(newest).catch(() => []);
    if (found === undefined) return known?.id;
    this.#newest.set(id, { id: found.id, sentAtNs: found.sentAtNs });
    return found.id;
  }
}

/** A conversation of this inbox, by its id or by that of one that was merged into it. */
export function tryFind(conversations: Conversations, id: string): Conversation | undefined {
  try {
    return conversations.getConversationById(id);
  } catch {
    return undefined;
  }
}

/** XMTP's library tells only by refusing to name the other one. */
function isDirect(conversation: Conversation): boolean {
  try {
    return conversation.dmPeerInboxId() !== "";
  } catch {
    return false;
  }
}
