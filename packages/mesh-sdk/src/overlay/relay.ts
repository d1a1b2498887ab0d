import type { Clock } from "../clock.ts";
import type { MessageListener } from "../engine/engine.ts";
import { MeshError } from "../errors.ts";
import { encodeFrame } from "../frame/encode-frame.ts";
import { createKeyedBuckets, type KeyedBuckets } from "../link/token-bucket.ts";
import type { MeshLink } from "../link/mesh-link.ts";
import { checkMessage } from "../message/check-message.ts";
import type { CheckedMessage, MeshMessage } from "../message/message.ts";
import type { MeshLimits } from "../peer/types.ts";
import { mayRead } from "../sync/serve.ts";
import type { InterestTable } from "./interest-table.ts";
import type { LinkBook } from "./link-book.ts";

/** Senders and channels whose rate is kept in mind. */
const MAX_SENDERS = 4_096;
const MAX_CHANNELS = 4_096;
/** Seconds of the rate that may come at once. */
const BURST_SECONDS = 10;
/** Neighbors that get a message of ours which nobody has asked for, so that it is not only here. */
const KEEPERS = 3;

export interface RelayDeps {
  readonly book: LinkBook;
  readonly interest: InterestTable;
  readonly limits: MeshLimits;
  readonly clock: Clock;
  readonly relaysUnverified: boolean;
  /** Stores a message; see {@link MessageListener}. */
  readonly listener: () => MessageListener;
}

/**
 * Takes messages in and passes them on (section 3.5). Whatever way a message came, it is checked, put on disk, and only then
 * sent to the neighbors that want its channel, except to those that have it.
 */
export class Relay {
  readonly #deps: RelayDeps;
  readonly #senders: KeyedBuckets;
  readonly #channels: KeyedBuckets;

  constructor(deps: RelayDeps) {
    const { clock, limits } = deps;
    this.#deps = deps;
    const bucketsOf = (perSecond: number, maxKeys: number): KeyedBuckets =>
      createKeyedBuckets({ perSecond, burst: perSecond * BURST_SECONDS }, maxKeys, clock);
    this.#senders = bucketsOf(limits.messagesPerSecondPerSender, MAX_SENDERS);
    this.#channels = bucketsOf(limits.messagesPerSecondPerChannel, MAX_CHANNELS);
  }

  /** A message that a neighbor sent as news. @throws MeshError `forged` | `out_of_time`. */
  takeNews(link: MeshLink, message: MeshMessage): void {
    // Catch-up brings back what is dropped here, at a rate that we choose.
    const isWithinRates =
      this.#senders.tryTake(message.senderId) && this.#channels.tryTake(message.channelId);
    if (!isWithinRates) {
      link.sendError("rate_limited", "message: too many of this sender or channel");
      return;
    }
    // A neighbor of ours passes on what it has learned late; its word on the time is as good as in a page of its store.
    const by = link.isProven ? "sync" : "live";
    const checked = checkMessage(message, { nowMs: this.#deps.clock.now(), by });
    link.sent.add(checked.digest);
    const release = link.hold();
    void this.#keep(link, checked, { by: "live", mayPush: true }).finally(release);
  }

  /**
   * Messages of a page that we asked for. What is forged or of another time is left out.
   *
   * @param mayPush - Whether what is new goes to the neighbors as news.
   * @returns How many were new.
   */
  async takePage(
    link: MeshLink,
    messages: readonly MeshMessage[],
    mayPush: boolean,
  ): Promise<number> {
    const nowMs = this.#deps.clock.now();
    const kept = messages.map(async (message) => {
      const checked = tryCheck(message, nowMs);
      if (checked === undefined) return "refused";
      link.sent.add(checked.digest);
      return this.#keep(link, checked, { by: "sync", mayPush });
    });
    const outcomes = await Promise.all(kept);
    return outcomes.filter((outcome) => outcome === "new").length;
  }

  /** A message of our own, which is on disk: to those who want it, and to somebody who keeps it for others. */
  publish(message: CheckedMessage, exceptLink: string | undefined): void {
    const { book, interest } = this.#deps;
    const { channelId } = message.message;
    const frame = Buffer.from(encodeFrame({ type: "message", message: message.message }));
    this.#passOn(message, frame, exceptLink);
    let keepers = 0;
    for (const link of book.ready()) {
      // Whom we have dialed, we have dialed as a relay.
      const isKeeper = link.direction === "out" || (link.remoteStores && keepers < KEEPERS);
      if (!isKeeper || interest.wants(link.linkId, channelId)) continue;
      if (link.linkId === exceptLink || !mayRead(channelId, link.provenPeerId)) continue;
      keepers += 1;
      if (link.sent.add(message.digest)) link.sendEncoded(frame);
    }
  }

  async #keep(
    link: MeshLink,
    checked: CheckedMessage,
    { by, mayPush }: { readonly by: "live" | "sync"; readonly mayPush: boolean },
  ): Promise<"new" | "known" | "refused"> {
    const { linkId } = link;
    try {
      const outcome = await this.#deps.listener()(checked, { linkId, by });
      const isFit = checked.verdict === "verified" || this.#deps.relaysUnverified;
      if (outcome === "new" && isFit && mayPush) this.#passOn(checked, undefined, linkId);
      return outcome;
    } catch (error) {
      // The disk is full, or the peer is closing: whoever stores says so; the neighbor has it still.
      if (error instanceof MeshError) return "refused";
      throw error;
    }
  }

  #passOn(
    checked: CheckedMessage,
    encoded: Buffer | undefined,
    exceptLink: string | undefined,
  ): void {
    const { book, interest } = this.#deps;
    const { channelId } = checked.message;
    let frame = encoded;
    for (const linkId of interest.linksFor(channelId)) {
      const link = linkId === exceptLink ? undefined : book.find(linkId);
      if (link === undefined || !mayRead(channelId, link.provenPeerId)) continue;
      if (!link.sent.add(checked.digest)) continue;
      frame ??= Buffer.from(encodeFrame({ type: "message", message: checked.message }));
      link.sendEncoded(frame);
    }
  }
}

function tryCheck(message: MeshMessage, nowMs: number): CheckedMessage | undefined {
  try {
    return checkMessage(message, { nowMs, by: "sync" });
  } catch (error) {
    if (error instanceof MeshError) return undefined;
    throw error;
  }
}
