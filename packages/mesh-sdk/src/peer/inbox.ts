import { streamRows } from "sdk-kit";
import { isDirectChannelId } from "../direct/direct-channel.ts";
import { MeshError } from "../errors.ts";
import { readContent } from "../message/read-content.ts";
import type { MeshStore, StoredMessage } from "../store/port.ts";
import type { DirectDesk } from "./direct-desk.ts";
import type { MeshEvent } from "./types.ts";

const PLAIN_PREFIX = "dm:";
const BOX_PREFIX = "box1-";

export interface InboxDeps {
  readonly store: Pick<MeshStore, "unhandledAfter" | "markHandled">;
  readonly desk: DirectDesk;
  /** Calls back after something new came; returns how to stop that. */
  readonly subscribe: (onRows: () => void) => () => void;
  /** A sealed message that will never open. */
  readonly onUnopened: (error: MeshError) => void;
}

/** What came for us and was not marked as handled, from the store: events for the owner of the peer, and our own mail. */
export class Inbox {
  readonly #deps: InboxDeps;

  constructor(deps: InboxDeps) {
    this.#deps = deps;
  }

  /**
   * Reads our own mail until the signal aborts: knocks, the prekeys that we look for, and sealed messages, of which those
   * that will never open are put away. Whatever is an event stays.
   */
  async sortMail(signal: AbortSignal): Promise<void> {
    for await (const row of this.#rows(signal)) {
      if (await this.#isOurMail(row)) this.#deps.store.markHandled(row.arrival);
    }
  }

  /** See {@link MeshPeer.events}. */
  async *events(signal: AbortSignal): AsyncGenerator<MeshEvent, void, undefined> {
    for await (const row of this.#rows(signal)) {
      const event = await this.#tryReadEvent(row);
      if (signal.aborted) return;
      if (event !== undefined) yield event;
    }
  }

  #rows(signal: AbortSignal): AsyncGenerator<StoredMessage, void, undefined> {
    const { store, subscribe } = this.#deps;
    const source = {
      after: (id: number, limit: number) =>
        store.unhandledAfter(id, limit).map((row) => ({ id: row.arrival, row })),
    };
    return streamRows(source, { decode: ({ row }) => row, subscribe, signal });
  }

  /** Whether a row is no event: read here, and done with. */
  async #isOurMail(row: StoredMessage): Promise<boolean> {
    const { desk, onUnopened } = this.#deps;
    const { channelId, senderId } = row.message;
    try {
      if (channelId === desk.ownBox) await desk.readKnock(row);
      else if (channelId.startsWith(BOX_PREFIX)) await desk.readBox(row);
      else if (isSealedChannel(channelId)) {
        await desk.noteOpened(senderId, await desk.open(row));
        return false;
      } else return false;
    } catch (error) {
      if (!isTheirFault(error)) throw error;
      onUnopened(error);
      if (isSealedChannel(channelId) && error.code === "cannot_open") await desk.noteUnopened(row);
    }
    return true;
  }

  async #tryReadEvent(row: StoredMessage): Promise<MeshEvent | undefined> {
    const { channelId } = row.message;
    if (channelId.startsWith(BOX_PREFIX)) return undefined;
    if (!isSealedChannel(channelId)) return eventOf(row, readContent(row.message), false);
    try {
      return eventOf(row, await this.#deps.desk.open(row), true);
    } catch (error) {
      if (isTheirFault(error)) return undefined;
      throw error;
    }
  }
}

function eventOf(
  { arrival, message, receivedAtMs, verdict }: StoredMessage,
  content: Pick<MeshEvent, "body" | "payload" | "replyTo">,
  sealed: boolean,
): MeshEvent {
  const { channelId, messageId, senderId, timestampMs } = message;
  return {
    id: arrival,
    kind: isDirectChannelId(channelId) ? "direct" : "group",
    channelId,
    senderId,
    verified: verdict === "verified",
    messageId,
    body: content.body,
    payload: content.payload,
    replyTo: content.replyTo,
    sealed,
    sentAtMs: timestampMs,
    receivedAtMs,
  };
}

function isSealedChannel(channelId: string): boolean {
  return isDirectChannelId(channelId) && !channelId.startsWith(PLAIN_PREFIX);
}

/** What a stranger can cause. Anything else is a bug, or a store that fails. */
function isTheirFault(error: unknown): error is MeshError {
  if (!(error instanceof MeshError)) return false;
  return ["cannot_open", "malformed", "too_large", "forged", "invalid_peer_id"].includes(
    error.code,
  );
}
