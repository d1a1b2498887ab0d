import type { Clock } from "../clock.ts";
import type { MessageListener } from "../engine/engine.ts";
import { MeshError } from "../errors.ts";
import { encodeFrame } from "../frame/encode-frame.ts";
import { createKeyedBuckets, type KeyedBuckets } from "../link/token-bucket.ts";
import type { MeshLink } from "../link/mesh-link.ts";
import { examineMessage, proveMessage } from "../message/check-message.ts";
import type { CheckedMessage, MeshMessage } from "../message/message.ts";
import type { MeshLimits } from "../peer/types.ts";
import type { InterestTable } from "./interest-table.ts";
import type { LinkBook } from "./link-book.ts";
import { RecentMessages } from "./recent-messages.ts";

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
  /** Whether a neighbor may be sent what is said in a channel. */
  readonly mayRead: (link: MeshLink, channelId: string) => boolean;
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
  readonly #recent = new RecentMessages();
  /** The last message of each link that waits for its proof, or for its turn. */
  readonly #turns = new WeakMap<MeshLink, Promise<unknown>>();

  constructor(deps: RelayDeps) {
    const { clock, limits } = deps;
    this.#deps = deps;
    const bucketsOf = (perSecond: number, maxKeys: number): KeyedBuckets =>
      createKeyedBuckets({ perSecond, burst: perSecond * BURST_SECONDS }, maxKeys, clock);
    this.#senders = bucketsOf(limits.messagesPerSecondPerSender, MAX_SENDERS);
    this.#channels = bucketsOf(limits.messagesPerSecondPerChannel, MAX_CHANNELS);
  }

  /**
   * A message that a neighbor sent as news. Its signature is verified beside the event loop; what one neighbor sends is
   * stored in the order in which it came all the same.
   *
   * @throws MeshError `forged` | `out_of_time`. A signature that turns out to be bad counts against the link later.
   */
  takeNews(link: MeshLink, message: MeshMessage): void {
    const known = this.#recent.find(message);
    if (known !== undefined) {
      link.sent.add(known);
      return;
    }
    // A neighbor of ours passes on what it has learned late; its word on the time is as good as in a page of its store.
    const by = link.isProven ? "sync" : "live";
    const examined = examineMessage(message, { nowMs: this.#deps.clock.now(), by });
    const release = link.hold(message.body.length + (message.payloadText?.length ?? 0));
    void this.#inTurn(link, proveMessage(examined), (checked) => {
      link.sent.add(checked.digest);
      // Not before the proof: who claims to be somebody else would use up that sender's share.
      return this.#isWithinRates(link, checked)
        ? this.#keep(link, checked, { by: "live", mayPush: true })
        : undefined;
    })
      // One frame must never end the process, whatever goes wrong with it.
      .catch((error: unknown) => link.punish(error))
      .finally(release);
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
    const proofs = messages.map(async (message) => this.#tryProve(link, message, nowMs));
    const proven = (await Promise.all(proofs)).filter((checked) => checked !== undefined);
    const kept = proven.map(async (checked) => {
      link.sent.add(checked.digest);
      return this.#keep(link, checked, { by: "sync", mayPush });
    });
    const outcomes = await Promise.all(kept);
    return outcomes.filter((outcome) => outcome === "new").length;
  }

  /** A message of our own, which is on disk: to those who want it, and to somebody who keeps it for others. */
  publish(message: CheckedMessage, exceptLink: string | undefined): void {
    const { book, interest, mayRead } = this.#deps;
    const { channelId } = message.message;
    const frame = Buffer.from(encodeFrame({ type: "message", message: message.message }));
    this.#passOn(message, frame, exceptLink);
    let keepers = 0;
    for (const link of book.ready()) {
      // Whom we have dialed, we have dialed as a relay.
      const isKeeper = link.direction === "out" || (link.remoteStores && keepers < KEEPERS);
      if (!isKeeper || interest.wants(link.linkId, channelId)) continue;
      if (link.linkId === exceptLink || !mayRead(link, channelId)) continue;
      keepers += 1;
      if (link.sent.add(message.digest)) link.sendEncoded(frame);
    }
  }

  /** Runs a step once the proof is there and the steps of this link before it have begun. */
  async #inTurn(
    link: MeshLink,
    proving: Promise<CheckedMessage>,
    step: (checked: CheckedMessage) => Promise<unknown> | undefined,
  ): Promise<void> {
    const before = this.#turns.get(link);
    const turn = settle(proving).then(async (proof) => {
      await before;
      if ("error" in proof) link.punish(proof.error);
      // In an object: waiting for a promise inside a promise would wait for the disk.
      return { step: "error" in proof ? undefined : step(proof.checked) };
    });
    this.#turns.set(link, turn);
    await (
      await turn
    ).step;
  }

  #isWithinRates(link: MeshLink, { message, verdict }: CheckedMessage): boolean {
    // A name that nobody can prove has no share of its own to lose.
    const sender = verdict === "verified" ? message.senderId : link.linkId;
    // Catch-up brings back what is dropped here, at a rate that we choose.
    if (this.#senders.tryTake(sender) && this.#channels.tryTake(message.channelId)) return true;
    link.sendError("rate_limited", "message: too many of this sender or channel");
    return false;
  }

  /** Undefined for what we have, and for what is not what it says it is. */
  async #tryProve(
    link: MeshLink,
    message: MeshMessage,
    nowMs: number,
  ): Promise<CheckedMessage | undefined> {
    const known = this.#recent.find(message);
    if (known !== undefined) {
      link.sent.add(known);
      return undefined;
    }
    try {
      return await proveMessage(examineMessage(message, { nowMs, by: "sync" }));
    } catch (error) {
      if (error instanceof MeshError) return undefined;
      throw error;
    }
  }

  async #keep(
    link: MeshLink,
    checked: CheckedMessage,
    { by, mayPush }: { readonly by: "live" | "sync"; readonly mayPush: boolean },
  ): Promise<"new" | "known" | "refused"> {
    const { linkId } = link;
    try {
      const isWanted = this.#deps.interest.isWanted(checked.message.channelId);
      const outcome = await this.#deps.listener()(checked, { linkId, by, isWanted });
      const isProven = checked.verdict === "verified";
      const isFit = isProven || this.#deps.relaysUnverified;
      if (isProven && outcome !== "refused") this.#recent.add(checked.message, checked.digest);
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
    const { book, interest, mayRead } = this.#deps;
    const { channelId } = checked.message;
    let frame = encoded;
    for (const linkId of interest.linksFor(channelId)) {
      const link = linkId === exceptLink ? undefined : book.find(linkId);
      if (link === undefined || !mayRead(link, channelId)) continue;
      if (!link.sent.add(checked.digest)) continue;
      frame ??= Buffer.from(encodeFrame({ type: "message", message: checked.message }));
      link.sendEncoded(frame);
    }
  }
}

/** Awaited later, so that it must not reject in between. */
async function settle(
  proving: Promise<CheckedMessage>,
): Promise<{ readonly checked: CheckedMessage } | { readonly error: unknown }> {
  try {
    return { checked: await proving };
  } catch (error) {
    return { error };
  }
}
