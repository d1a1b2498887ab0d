import type { ItemKey } from "../store/port.ts";
import type { OcPageFrame, OcSyncFrame } from "./sync-frames.ts";
import { MAX_SYNC_PAGE_BYTES } from "./sync-limits.ts";
import type { SyncEnd, SyncSession, SyncStep } from "./sync-session.ts";

/** Places named in one request: about what a page has room for. */
const ITEMS_AT_ONCE = 256;

/** Fetches messages by their places (section 4.2): what a comparison has shown that we lack. */
export class ItemFetch implements SyncSession<OcPageFrame> {
  readonly #channelId: string;
  readonly #nextRequest: () => number;
  #left: readonly ItemKey[];
  #asked: { readonly request: number; readonly items: number } | undefined;
  #end: SyncEnd | undefined;

  /** @param options.nextRequest - A number that no other request on this link has at the time. */
  constructor(options: {
    readonly channelId: string;
    readonly items: readonly ItemKey[];
    readonly nextRequest: () => number;
  }) {
    this.#channelId = options.channelId;
    this.#left = options.items;
    this.#nextRequest = options.nextRequest;
    if (options.items.length === 0) this.#end = "complete";
  }

  get end(): SyncEnd | undefined {
    return this.#end;
  }

  next(): OcSyncFrame | undefined {
    if (this.#end !== undefined) return undefined;
    const items = this.#left.slice(0, ITEMS_AT_ONCE);
    this.#asked = { request: this.#nextRequest(), items: items.length };
    return {
      type: "oc_sync",
      request: this.#asked.request,
      channelId: this.#channelId,
      maxBytes: MAX_SYNC_PAGE_BYTES,
      by: "items",
      items,
    };
  }

  receive(page: OcPageFrame): SyncStep | undefined {
    const asked = this.#asked;
    if (page.request !== asked?.request || page.channelId !== this.#channelId) return undefined;
    this.#asked = undefined;
    // Every page looks up one place at least, so that fetching comes to an end.
    const isHonest =
      page.next >= 1 && page.next <= asked.items && page.messages.length <= page.next;
    if (!isHonest) {
      this.#end = "malformed";
      return { messages: [] };
    }
    this.#left = this.#left.slice(page.next);
    if (this.#left.length === 0) this.#end = "complete";
    return { messages: page.messages };
  }
}
