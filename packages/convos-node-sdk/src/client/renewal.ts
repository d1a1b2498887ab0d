import { ConvosError } from "../errors.ts";
import type { MessageReader } from "../receive/message-reader.ts";
import type { XmtpGroup, XmtpInbox } from "../xmtp/port.ts";
import type { ClientContext } from "./client-context.ts";
import type { ConversationInbox } from "./conversation-inbox.ts";
import type { DirectDesk } from "./direct-desk.ts";
import { findNewerTraffic, type WitnessedChat } from "./older-state.ts";

const NS_PER_MS = 1_000_000n;

export interface RenewalOptions {
  readonly context: ClientContext;
  readonly conversation: number;
  readonly inbox: ConversationInbox;
  readonly reader: MessageReader<XmtpGroup>;
  readonly directs: DirectDesk;
  /** Gives up what was queued before this moment, of one conversation: it was sent from the newer state. */
  readonly abandon: (conversation: number, beforeMs: number) => void;
}

/**
 * Starts a conversation anew whose state is older than what it has sent. Members cannot read what an old state sends until it
 * has caught up with itself, and after a change of the group by the newer one it hears nothing for ever. So another
 * installation takes its place, and the next member who sends something lets it in (section 3.3).
 */
export class Renewal {
  readonly #options: RenewalOptions;

  constructor(options: RenewalOptions) {
    this.#options = options;
  }

  /**
   * Looks whether it has to be, and notes it.
   *
   * @throws ConvosError `network_unreachable`.
   */
  async begin(inbox: XmtpInbox, signal: AbortSignal): Promise<boolean> {
    const { context, conversation } = this.#options;
    const { book, log, notify } = context;
    const { installationId } = inbox;
    const found = new Map<number, bigint>();
    for (const [id, chat] of this.#listChats(inbox)) {
      const untilNs = await findNewerTraffic(context, id, chat, { installationId, signal });
      if (untilNs !== undefined) found.set(id, untilNs);
    }
    if (found.size === 0) return false;
    book.step((step) => {
      for (const [id, untilNs] of [[conversation, 0n] as const, ...found]) {
        step.update(id, { renewal: { untilNs: String(untilNs) } });
      }
    });
    log.warn("the state of a conversation is older than what it has sent: it starts anew");
    notify();
    return true;
  }

  /** The conversation and what people write directly to its inbox; nothing while it has no group. */
  #listChats(inbox: XmtpInbox): [number, WitnessedChat][] {
    const { context, conversation, directs } = this.#options;
    const { book } = context;
    const { groupId, phase } = book.get(conversation).record;
    const group = groupId === undefined ? undefined : inbox.group(groupId);
    if (phase !== "active" || group === undefined) return [];
    const open = directs.all().flatMap(({ id }): [number, WitnessedChat][] => {
      const direct = inbox.direct(book.get(id).record.groupId ?? "");
      return direct === undefined ? [] : [[id, direct]];
    });
    return [[conversation, group], ...open];
  }

  /**
   * Ends what {@link begin} noted: takes what the old installation can still read and nobody has answered, and forgets it.
   *
   * @throws ConvosError `network_unreachable`: to be tried again.
   */
  async finish(): Promise<void> {
    const { abandon, context, conversation, directs, inbox } = this.#options;
    const { book } = context;
    if (book.get(conversation).record.renewal === undefined) return;
    // The database may be gone already: then only the last step is missing.
    const members = inbox.hasDatabase() ? await this.#readRest() : undefined;
    await inbox.release();
    inbox.deleteDatabase();
    const chats = [conversation, ...directs.all().map(({ id }) => id)];
    for (const id of chats) {
      const { renewal } = book.get(id).record;
      if (renewal !== undefined) abandon(id, Number(BigInt(renewal.untilNs) / NS_PER_MS));
    }
    book.step((step) => {
      for (const id of chats) {
        const { renewal: _renewal, ...record } = step.get(id);
        step.replace(id, record);
      }
      step.update(conversation, { phase: "restoring", ...(members && { oldMembers: members }) });
    });
  }

  /** @returns Who was in the group. */
  async #readRest(): Promise<string[] | undefined> {
    const { context, conversation, directs, inbox, reader } = this.#options;
    try {
      const opened = await inbox.open();
      await opened.sync();
      const group = opened.group(context.book.get(conversation).record.groupId ?? "");
      while (await directs.process(await opened.directs(), { thorough: true }));
      if (group === undefined) return undefined;
      await reader.read(group, { thorough: true });
      return (await group.members()).map(({ inboxId }) => inboxId);
    } catch (error) {
      if (!(error instanceof ConvosError) || error.code === "network_unreachable") throw error;
      // What the old installation cannot read any more is lost, as with a lost phone.
      context.log.warn(`the rest of a conversation could not be read: ${error.code}`);
      return undefined;
    }
  }
}
