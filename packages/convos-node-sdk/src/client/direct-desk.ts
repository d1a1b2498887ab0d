import { ConvosError } from "../errors.ts";
import { isAboutThisOne } from "../join/admission.ts";
import { DIRECT_RULES, MessageReader } from "../receive/message-reader.ts";
import { Outbox } from "../send/outbox.ts";
import { isOver } from "../store/conversation-record.ts";
import type { ConversationRow } from "../store/conversations-table.ts";
import type { XmtpDirect } from "../xmtp/port.ts";
import type { ClientContext } from "./client-context.ts";

const HOUR_MS = 3_600_000;
/** How far back the first message that somebody says is looked for. */
const SCAN_MESSAGES = 20;
/** New people are heard so long at a time. In between the conversation itself has its turn. */
const TURN_MS = 250;
/** Inbox ids cost nothing: more new people than this within an hour wait, for they take room on the disk for good. */
const NEW_PEOPLE_PER_HOUR = 60;

/** A direct conversation at work: what the inbox of its host conversation receives and sends in it. */
export interface DirectChat {
  readonly id: number;
  readonly peerInboxId: string;
  readonly outbox: Outbox;
  readonly reader: MessageReader<XmtpDirect>;
}

/** What the inbox lends to its direct conversations. */
export interface DirectNetwork {
  /** The direct conversation with somebody. */
  open(peerInboxId: string): Promise<XmtpDirect>;
  /** Something of ours has reached the network in this one. */
  onPublished(conversationId: string): void;
}

/**
 * The direct conversations of one inbox in which somebody says something. Join requests are not among them, whoever sends
 * them. XMTP may have several conversations with one person and shows the same messages in each; here it is one.
 */
export class DirectDesk {
  readonly #context: ClientContext;
  /** Row of the conversation whose inbox it is. */
  readonly #host: number;
  readonly #network: DirectNetwork;
  readonly #byPeer = new Map<string, DirectChat>();
  /** Direct conversations that were read, and their newest message then. */
  readonly #read = new Map<string, string>();
  #isConnected = false;
  #isFull = false;
  #start: ((chat: DirectChat) => void) | undefined;

  constructor(context: ClientContext, host: number, network: DirectNetwork) {
    this.#context = context;
    this.#host = host;
    this.#network = network;
    for (const row of context.book.all()) {
      if (row.record.via === host && !isOver(row.record)) this.#add(row);
    }
  }

  all(): DirectChat[] {
    return [...this.#byPeer.values()];
  }

  find(id: number): DirectChat | undefined {
    return this.all().find((chat) => chat.id === id);
  }

  /** The conversation with somebody, to send in. */
  open({ peerInboxId }: DirectChat): Promise<XmtpDirect> {
    return this.#network.open(peerInboxId);
  }

  /**
   * Takes what is new in these direct conversations, for a limited time.
   *
   * @param options.thorough - Also compares what was read with what is there.
   * @returns Whether there is more to do.
   */
  async process(
    directs: readonly XmtpDirect[],
    { thorough }: { thorough: boolean },
  ): Promise<boolean> {
    const { clock } = this.#context;
    const untilMs = clock.now() + TURN_MS;
    for (const direct of directs) {
      const newest = direct.newestMessageId;
      if (newest === undefined) continue;
      const known = this.#byPeer.get(direct.peerInboxId);
      const isRead = this.#read.get(direct.id) === newest;
      if (isRead && (known === undefined || !thorough)) continue;
      if (known === undefined && clock.now() >= untilMs) return true;
      if (await this.#tryRead(direct, known, thorough)) this.#read.set(direct.id, newest);
    }
    return false;
  }

  /** One that fails must not keep the others waiting: a stranger decides what is in it. @returns Whether it was read. */
  async #tryRead(
    direct: XmtpDirect,
    known: DirectChat | undefined,
    thorough: boolean,
  ): Promise<boolean> {
    try {
      const chat = known ?? (await this.#meet(direct));
      if (chat === "later") return false;
      if (chat !== undefined) await chat.reader.read(direct, { thorough });
      return true;
    } catch (error) {
      if (!(error instanceof ConvosError) || !isAboutThisOne(error)) throw error;
      this.#context.log.debug(`a direct conversation could not be read: ${error.code}`);
      return false;
    }
  }

  setConnected(isConnected: boolean): void {
    this.#isConnected = isConnected;
    for (const { outbox } of this.#byPeer.values()) outbox.setConnected(isConnected);
  }

  /** Sends until the signal aborts, to those who come meanwhile as well. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const ending = AbortSignal.any([signal, stop.signal]);
    const { promise: failed, reject } = Promise.withResolvers<never>();
    const running: Promise<void>[] = [];
    this.#start = (chat) => {
      running.push(chat.outbox.run(() => this.open(chat), ending).catch(reject));
    };
    for (const chat of this.#byPeer.values()) this.#start(chat);
    try {
      await Promise.race([aborted(ending), failed]);
    } finally {
      this.#start = undefined;
      stop.abort();
      await Promise.all(running);
    }
  }

  /** Somebody new, if he says something and there is room for new people. */
  async #meet(direct: XmtpDirect): Promise<DirectChat | "later" | undefined> {
    const { book, clock, log } = this.#context;
    const messages = await direct.messages({
      first: "newest",
      limit: SCAN_MESSAGES,
      withoutOwn: true,
    });
    const saysSomething = messages.some(
      (message) => DIRECT_RULES.eventsOf(message, false).length > 0,
    );
    if (!saysSomething) return undefined;
    const wasFull = this.#isFull;
    this.#isFull = this.#countNew() >= NEW_PEOPLE_PER_HOUR;
    if (this.#isFull) {
      if (!wasFull) log.warn("direct messages wait: too many new people wrote within the hour");
      return "later";
    }
    const row = book.createDirect({
      via: this.#host,
      peerInboxId: direct.peerInboxId,
      phase: "active",
      groupId: direct.id,
      inboxId: book.get(this.#host).record.inboxId,
      isCreator: false,
      memberCount: 2,
      createdAtMs: clock.now(),
      cursorNs: "0",
      admissionsMs: [],
    });
    return this.#add(row);
  }

  #countNew(): number {
    const sinceMs = this.#context.clock.now() - HOUR_MS;
    return this.#context.book
      .all()
      .filter(({ record }) => record.via !== undefined && record.createdAtMs > sinceMs).length;
  }

  #add({ id, record }: ConversationRow): DirectChat {
    const chat = {
      id,
      peerInboxId: record.peerInboxId ?? "",
      outbox: new Outbox(this.#context, id, () => this.#network.onPublished(record.groupId ?? "")),
      reader: new MessageReader(this.#context, id, DIRECT_RULES),
    };
    this.#byPeer.set(chat.peerInboxId, chat);
    chat.outbox.setConnected(this.#isConnected);
    this.#start?.(chat);
    return chat;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
