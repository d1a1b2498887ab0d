import { MAX_SUBSCRIBE_HOPS } from "../frame/limits.ts";

/** Channels that one neighbor may ask for. */
export const MAX_CHANNELS_PER_LINK = 1_024;
/** Channels that all neighbors together may ask for, on top of our own. */
const MAX_CHANNELS = 65_536;

interface Wish {
  /** How many peers further it may travel. */
  readonly hops: number;
  /** When it was last heard; undefined for a remote that never repeats itself. */
  readonly heardAtMs: number | undefined;
}

/**
 * Who wants which channel (section 3.4): we ourselves, and each neighbor, for itself or on behalf of those behind it.
 *
 * A wish travels at most {@link MAX_SUBSCRIBE_HOPS} peers and never back to where it came from. Circles of peers would keep
 * a wish alive among themselves after the last who had it is gone: each round costs a hop, so it dies out.
 */
export class InterestTable {
  #own: ReadonlySet<string> = new Set();
  readonly #wishes = new Map<string, Map<string, Wish>>();
  readonly #countByLink = new Map<string, number>();

  /** @returns The channels for which something has changed. */
  setOwn(channelIds: ReadonlySet<string>): string[] {
    const before = this.#own;
    this.#own = new Set(channelIds);
    return [
      ...[...channelIds].filter((id) => !before.has(id)),
      ...[...before].filter((id) => !channelIds.has(id)),
    ];
  }

  /** Whether we ourselves want a channel. */
  isOwn(channelId: string): boolean {
    return this.#own.has(channelId);
  }

  /** Whether we or any neighbor want a channel. */
  isWanted(channelId: string): boolean {
    return this.#own.has(channelId) || this.#wishes.has(channelId);
  }

  /**
   * Notes that a neighbor wants a channel.
   *
   * @param wish - `nowMs` only for a neighbor that repeats its wishes: they are forgotten when it no longer does.
   * @returns `full` when it asks for too many; then nothing was noted.
   */
  add(
    linkId: string,
    channelId: string,
    { hops, nowMs }: { readonly hops: number; readonly nowMs: number | undefined },
  ): "changed" | "same" | "full" {
    const wishes = this.#wishes.get(channelId);
    const before = wishes?.get(linkId);
    if (before === undefined) {
      const count = this.#countByLink.get(linkId) ?? 0;
      const isNewChannel = wishes === undefined;
      if (count >= MAX_CHANNELS_PER_LINK) return "full";
      if (isNewChannel && this.#wishes.size >= MAX_CHANNELS) return "full";
      this.#countByLink.set(linkId, count + 1);
    }
    const wish = { hops: Math.min(hops, MAX_SUBSCRIBE_HOPS), heardAtMs: nowMs };
    if (wishes === undefined) this.#wishes.set(channelId, new Map([[linkId, wish]]));
    else wishes.set(linkId, wish);
    return before?.hops === wish.hops ? "same" : "changed";
  }

  /** @returns Whether there was such a wish. */
  remove(linkId: string, channelId: string): boolean {
    const wishes = this.#wishes.get(channelId);
    if (wishes?.delete(linkId) !== true) return false;
    if (wishes.size === 0) this.#wishes.delete(channelId);
    const count = (this.#countByLink.get(linkId) ?? 1) - 1;
    if (count === 0) this.#countByLink.delete(linkId);
    else this.#countByLink.set(linkId, count);
    return true;
  }

  /** Forgets a neighbor. @returns The channels that it wanted. */
  removeLink(linkId: string): string[] {
    if (!this.#countByLink.has(linkId)) return [];
    const wanted = [...this.#wishes.entries()].flatMap(([channelId, wishes]) =>
      wishes.has(linkId) ? [channelId] : [],
    );
    for (const channelId of wanted) this.remove(linkId, channelId);
    return wanted;
  }

  /** Forgets what was not repeated since. @returns The channels for which something has changed. */
  expire(heardBeforeMs: number): string[] {
    const changed: string[] = [];
    for (const [channelId, wishes] of this.#wishes) {
      for (const [linkId, { heardAtMs }] of wishes) {
        if (heardAtMs === undefined || heardAtMs >= heardBeforeMs) continue;
        this.remove(linkId, channelId);
        changed.push(channelId);
      }
    }
    return changed;
  }

  wants(linkId: string, channelId: string): boolean {
    return this.#wishes.get(channelId)?.has(linkId) === true;
  }

  /** The neighbors that want a channel. */
  *linksFor(channelId: string): Iterable<string> {
    yield* this.#wishes.get(channelId)?.keys() ?? [];
  }

  countFor(linkId: string): number {
    return this.#countByLink.get(linkId) ?? 0;
  }

  /** Every channel that we or a neighbor want. */
  channels(): Set<string> {
    // Our own first: where there is no room for all, they have it.
    return new Set([...this.#own, ...this.#wishes.keys()]);
  }

  /**
   * What a neighbor is to be told of a channel: how far the wish may still travel, or undefined when neither we nor anybody
   * on another link wants it.
   */
  hopsToTell(linkId: string, channelId: string): number | undefined {
    if (this.#own.has(channelId)) return MAX_SUBSCRIBE_HOPS;
    let best = -1;
    for (const [otherId, { hops }] of this.#wishes.get(channelId) ?? []) {
      if (otherId !== linkId) best = Math.max(best, hops - 1);
    }
    return best < 0 ? undefined : best;
  }

  /** Whether somebody other than this neighbor wants a channel, so that what it has of it is worth reading. */
  isWorthReading(linkId: string, channelId: string): boolean {
    if (this.#own.has(channelId)) return true;
    for (const otherId of this.linksFor(channelId)) if (otherId !== linkId) return true;
    return false;
  }
}
