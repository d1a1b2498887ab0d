import type { Clock } from "../clock.ts";
import { encodeFrame } from "../frame/encode-frame.ts";
import type { MeshLink } from "../link/mesh-link.ts";
import type { MeshStore } from "../store/port.ts";
import type { InterestTable } from "./interest-table.ts";

/** Not quite a day: what is older is no news for a peer of ours to which we have not proven ourselves. */
const MAX_AGE_MS = 23.75 * 3_600_000;
/** Below what a peer of ours takes from one sender at once, and what may wait for a slow reader. */
const LIMITS = { limit: 500, maxBytes: 2 * 1024 * 1024 } as const;
/** What was said so long before a link was lost may have gone into a dead connection. */
const DOUBT_MS = 2 * 60_000;
/** More relays than are dialed at a time. */
const MAX_HOSTS = 256;

export type ToldLink = Pick<
  MeshLink,
  "direction" | "host" | "isOurs" | "provenPeerId" | "readyAtMs" | "sendEncoded" | "sent"
>;

export interface OwnNewsDeps {
  readonly ownId: string;
  readonly store: Pick<MeshStore, "saidSince">;
  readonly interest: Pick<InterestTable, "isOwn">;
  readonly clock: Clock;
  readonly mayRead: (link: ToldLink, channelId: string) => boolean;
}

/**
 * Tells a relay of the reference what we have said while there was no link to it (section 3.5). Peers of ours fetch what
 * they lack; the reference asks for the channels that it listens to itself, and would never have the rest.
 */
export class OwnNews {
  readonly #deps: OwnNewsDeps;
  /** Until when there was a link, by the name that was dialed: the id of such a relay is not proven. */
  readonly #linkedUntilMs = new Map<string, number>();

  constructor(deps: OwnNewsDeps) {
    this.#deps = deps;
  }

  /** The link is ready. Only who was dialed is told: strangers who dial in get what they ask for. */
  tell(link: ToldLink): void {
    const { clock, interest, mayRead, ownId, store } = this.#deps;
    if (link.isOurs || link.direction === "in") return;
    const lostAtMs = this.#linkedUntilMs.get(link.host ?? "") ?? 0;
    const sinceMs = Math.max(clock.now() - MAX_AGE_MS, lostAtMs - DOUBT_MS);
    for (const { digest, message } of store.saidSince(ownId, sinceMs, LIMITS)) {
      if (!interest.isOwn(message.channelId) || !mayRead(link, message.channelId)) continue;
      if (link.sent.add(digest)) link.sendEncoded(encodeFrame({ type: "message", message }));
    }
  }

  /** The link is gone. */
  noteLoss(link: ToldLink): void {
    const { host } = link;
    if (host === undefined || link.direction === "in" || link.readyAtMs === undefined) return;
    this.#linkedUntilMs.delete(host);
    this.#linkedUntilMs.set(host, this.#deps.clock.now());
    if (this.#linkedUntilMs.size <= MAX_HOSTS) return;
    for (const oldest of this.#linkedUntilMs.keys()) {
      this.#linkedUntilMs.delete(oldest);
      break;
    }
  }
}
