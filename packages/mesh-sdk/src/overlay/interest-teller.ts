import type { MeshLink } from "../link/mesh-link.ts";
import { MAX_CHANNELS_PER_LINK, type InterestTable } from "./interest-table.ts";

/**
 * Tells each neighbor what is wanted here, and what has changed since: at the end of the turn of the event loop, so that a
 * neighbor that subscribes to a thousand channels makes one round of it.
 */
export class InterestTeller {
  readonly #table: InterestTable;
  readonly #links: () => Iterable<MeshLink>;
  readonly #onTold: (channelIds: readonly string[]) => void;
  /** What each link was told last. */
  readonly #told = new Map<string, Map<string, number>>();
  readonly #dirty = new Set<string>();
  #scheduled: NodeJS.Immediate | undefined;

  /** @param onTold - Called after all neighbors were told what has changed of these channels. */
  constructor(
    table: InterestTable,
    links: () => Iterable<MeshLink>,
    onTold: (channelIds: readonly string[]) => void,
  ) {
    this.#table = table;
    this.#links = links;
    this.#onTold = onTold;
  }

  /** Something about these channels has changed. */
  touch(channelIds: Iterable<string>): void {
    for (const id of channelIds) this.#dirty.add(id);
    if (this.#dirty.size > 0) this.#scheduled ??= setImmediate(() => this.#flush());
  }

  /** Tells a new neighbor, or a known one again, everything. */
  tellAll(link: MeshLink): void {
    this.#told.delete(link.linkId);
    for (const channelId of this.#table.channels()) this.#tell(link, channelId);
  }

  /** Whether a neighbor was asked for a channel. */
  hasAsked(linkId: string, channelId: string): boolean {
    return this.#told.get(linkId)?.has(channelId) === true;
  }

  /** The channels that a neighbor was asked for. */
  asked(linkId: string): Iterable<string> {
    return this.#told.get(linkId)?.keys() ?? [];
  }

  forget(linkId: string): void {
    this.#told.delete(linkId);
  }

  stop(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
  }

  #flush(): void {
    this.#scheduled = undefined;
    const channelIds = [...this.#dirty];
    this.#dirty.clear();
    for (const link of this.#links()) {
      for (const channelId of channelIds) this.#tell(link, channelId);
    }
    this.#onTold(channelIds);
  }

  #tell(link: MeshLink, channelId: string): void {
    const told = this.#told.get(link.linkId) ?? new Map<string, number>();
    const before = told.get(channelId);
    const hops = this.#table.hopsToTell(link.linkId, channelId);
    if (hops === before) return;
    if (hops === undefined) {
      told.delete(channelId);
      link.send({ type: "unsubscribe", channelId });
      return;
    }
    // It would not note more, and count the rest against us. Half of the room is our own, whatever neighbors ask for.
    const room = this.#table.isOwn(channelId) ? MAX_CHANNELS_PER_LINK : MAX_CHANNELS_PER_LINK / 2;
    if (before === undefined && told.size >= room) return;
    told.set(channelId, hops);
    this.#told.set(link.linkId, told);
    // To a reference peer the wish is the same as before: it knows no hops.
    if (link.isOurs || before === undefined) link.send({ type: "subscribe", channelId, hops });
  }
}
