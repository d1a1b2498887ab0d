import { toHex } from "../codec/bytes.ts";
import { isForked, type Conversation } from "../conversation/conversation.ts";
import { addressToPoll } from "../conversation/machine.ts";
import type { GossipUserId } from "../identity/user-id.ts";
import { relayBackoff, spreadMs } from "../pacing/backoff.ts";
import { Repeater } from "../pacing/repeater.ts";
import { forEachInSlices } from "../pacing/slices.ts";
import { verifyBoardValue } from "../session/board-value.ts";
import type { PeerSession } from "../session/peer-session.ts";
import { CatchUps } from "./catch-ups.ts";
import type { ClientContext } from "./client-context.ts";
import type { StepOutcome } from "./conversation-book.ts";

/** Rounds per poll: after each the addresses have moved (docs/protocol/gossip.md section 9). */
const MAX_ROUNDS = 30;

/** Own values read back per conversation and poll; each is 4 kB or more. */
const MAX_READ_BACK = 50;

/**
 * Of one peer, so much waits to be handled at most; then nothing more of his is asked for until some of it was. The relay
 * keeps the rest, and a peer who hears of no receipt stops by himself.
 */
const MAX_UNHANDLED = { rows: 1_000, bytes: 16 * 2 ** 20 };

/** The idle interval grows by this factor with every quiet poll. */
const IDLE_GROWTH = 1.25;

/** What the poller knows of a conversation beyond its state; gone with the process. */
interface Pace {
  liveUntilMs: number;
  /** When our own next address was last looked at, long ago before the first look of this process. */
  forkCheckedAtMs: number;
  /** The handshake of the session that was looked at: a state restored from a backup may get another, not less old. */
  forkChecked: Handshake | undefined;
}

/** The two announcements that a session was made of. */
interface Handshake {
  readonly incoming?: PeerSession["incoming"] | undefined;
  readonly outgoing?: PeerSession["outgoing"] | undefined;
}

/** Addresses to ask for, of one conversation. */
interface Questions {
  readonly peer: GossipUserId;
  /** Our own: the next one when it is time to look, and those not yet read back. */
  readonly own: readonly Uint8Array[];
  readonly awaited: Uint8Array | undefined;
  /** The session whose next own address is among them. */
  readonly forkCheck: Handshake | undefined;
}

/**
 * Polls the message board: quickly for live conversations, slowly for the others.
 *
 * The addresses of our own messages are looked at before anything inbound of that conversation is read: a value there
 * that we did not write means that our state is old or copied, and what lies on its inbound chain was answered by the
 * other copy.
 *
 * People the operator has not approved are asked for after the others, in requests of their own. They are read as far
 * as they have written all the same: what somebody wrote before an approval must not be read after it.
 */
export class MessagePoller {
  readonly #context: ClientContext;
  readonly #polls: Repeater;
  readonly #paces = new Map<GossipUserId, Pace>();
  readonly #catchUps = new CatchUps();
  #idleMs: number;
  #nextFullPollMs = 0;
  #polled = 0;

  constructor(context: ClientContext) {
    this.#context = context;
    this.#idleMs = context.polling.idleMs;
    this.#polls = new Repeater({
      random: context.random,
      backoff: relayBackoff(context.polling.retryMs),
      work: (signal) => this.#poll(signal),
      onFailure: (error) => context.health.failed("board", error),
    });
  }

  run(signal: AbortSignal): Promise<void> {
    // What was checked may have been copied since.
    this.#paces.clear();
    this.#nextFullPollMs = 0;
    return this.#polls.run(signal);
  }

  wake(): void {
    this.#nextFullPollMs = 0;
    this.#polls.wake();
  }

  /** Resolves when all that `peer` had on the board at the time of this call was read. */
  async catchUp(peer: GossipUserId, signal: AbortSignal): Promise<void> {
    // A poll that runs already may have asked for this peer before.
    const read = this.#catchUps.wait(peer, this.#polled + 1, signal);
    this.#nextFullPollMs = 0;
    this.#polls.ring();
    await read;
  }

  /** Notices traffic: a conversation with some is polled quickly for a while. */
  onStep({ peer, after, events, settled }: StepOutcome): void {
    if (after === undefined) {
      this.#paces.delete(peer);
      return;
    }
    const isSending = after.queue.some((item) => item.kind === "message" && !item.verified);
    if (isSending || events.length > 0 || settled.length > 0) this.#quicken(peer);
  }

  #quicken(peer: GossipUserId): void {
    const nowMs = this.#context.clock.now();
    const pace = this.#paceOf(peer);
    const wasLive = pace.liveUntilMs > nowMs;
    pace.liveUntilMs = nowMs + this.#context.polling.liveForMs;
    this.#idleMs = this.#context.polling.idleMs;
    if (!wasLive) this.#polls.ring();
  }

  async #poll(signal: AbortSignal): Promise<number> {
    const { book, clock, polling, random } = this.#context;
    const nowMs = clock.now();
    this.#polled += 1;
    const poll = this.#polled;
    const isFull =
      nowMs >= this.#nextFullPollMs || this.#nextFullPollMs - nowMs > polling.idleMaxMs * 2;
    if (isFull) {
      this.#nextFullPollMs = nowMs + spreadMs(this.#idleMs, random());
      this.#idleMs = Math.min(this.#idleMs * IDLE_GROWTH, polling.idleMaxMs);
    }
    const due = book.all().filter(({ peer }) => isFull || this.#isLive(peer, nowMs));
    const byTrust = Map.groupBy(due, ({ trusted }) => trusted);
    const unread = new Set([
      ...(await this.#readAll(byTrust.get(true) ?? [], signal)),
      ...(await this.#readAll(byTrust.get(false) ?? [], signal)),
    ]);
    if (isFull && this.#catchUps.onPolled(poll, unread)) this.#nextFullPollMs = 0;
    const isAnyLive = [...this.#paces.values()].some((pace) => pace.liveUntilMs > clock.now());
    const untilFullMs = Math.max(0, this.#nextFullPollMs - clock.now());
    return isAnyLive ? Math.min(untilFullMs, spreadMs(polling.liveMs, random())) : untilFullMs;
  }

  /** @returns Those who wrote more than one poll reads. */
  async #readAll(
    conversations: readonly Conversation[],
    signal: AbortSignal,
  ): Promise<GossipUserId[]> {
    let round = conversations;
    for (let rounds = 0; round.length > 0 && rounds < MAX_ROUNDS; rounds += 1) {
      // The next addresses are in the values of this round.
      round = await this.#askRound(round, signal, rounds === 0);
    }
    return round.map(({ peer }) => peer);
  }

  /** Asks for the addresses of some conversations. @returns Those whose address has moved. */
  async #askRound(
    conversations: readonly Conversation[],
    signal: AbortSignal,
    isFirst: boolean,
  ): Promise<Conversation[]> {
    const { book, relay, health } = this.#context;
    const asked = conversations
      .map((conversation) => this.#questionsFor(conversation, isFirst))
      .filter(({ own, awaited }) => own.length > 0 || awaited !== undefined);
    const seekers = asked.flatMap(({ own, awaited }) => (awaited ? [...own, awaited] : own));
    if (seekers.length === 0) return [];
    const values = await relay.fetchValues(seekers, { signal });
    health.worked("board");
    const found = new Map(values.map(({ seeker, value }) => [toHex(seeker), value]));
    const moved: Conversation[] = [];
    await forEachInSlices(
      asked,
      (questions) => {
        this.#takeOwn(questions, found);
        if (!this.#takeAwaited(questions, found)) return;
        const next = book.get(questions.peer);
        if (next !== undefined) moved.push(next);
      },
      signal,
    );
    return moved;
  }

  #questionsFor(conversation: Conversation, isFirst: boolean): Questions {
    const { book, clock, polling } = this.#context;
    const { peer, queue, session, accepted } = conversation;
    const awaited = this.#isFull(peer) ? undefined : addressToPoll(conversation, book.sessions);
    const pace = this.#paceOf(peer);
    const isOther = !isSameHandshake(pace.forkChecked, session);
    if (!(isFirst || isOther) || !accepted || isForked(conversation)) {
      return { peer, own: [], awaited, forkCheck: undefined };
    }
    const unverified = queue.flatMap(({ value, posted, verified }) =>
      value !== undefined && posted && !verified ? [value.seeker] : [],
    );
    const sinceCheckMs = clock.now() - pace.forkCheckedAtMs;
    const isDue =
      isOther ||
      sinceCheckMs >= polling.forkCheckMs ||
      sinceCheckMs < 0 ||
      conversation.due.ownSquattedMs !== undefined;
    const next = isDue ? book.sessions.nextOwnSeeker(session) : undefined;
    return {
      peer,
      own: [...(next ? [next] : []), ...unverified.slice(0, MAX_READ_BACK)],
      awaited,
      forkCheck: next && session,
    };
  }

  #takeOwn({ peer, own, forkCheck }: Questions, found: ReadonlyMap<string, Uint8Array>): void {
    const { book, clock, crypto } = this.#context;
    for (const seeker of own) {
      const data = found.get(toHex(seeker));
      const signed = data !== undefined && verifyBoardValue(seeker, data, crypto);
      book.step(peer, { type: "own_value", seeker, found: data && { data, signed } });
    }
    if (forkCheck === undefined) return;
    const pace = this.#paceOf(peer);
    pace.forkCheckedAtMs = clock.now();
    pace.forkChecked = { incoming: forkCheck.incoming, outgoing: forkCheck.outgoing };
  }

  /** @returns Whether a message was read, so that the next one may be there too. */
  #takeAwaited({ peer, awaited }: Questions, found: ReadonlyMap<string, Uint8Array>): boolean {
    const { book, crypto } = this.#context;
    const data = awaited && found.get(toHex(awaited));
    if (awaited === undefined || data === undefined) {
      const wasSquatted = book.get(peer)?.due.squattedMs !== undefined;
      if (wasSquatted && awaited !== undefined) book.step(peer, { type: "vacant" });
      return false;
    }
    if (!verifyBoardValue(awaited, data, crypto)) {
      // The relay's doing, or a stranger's: never a reason to give the session up.
      book.step(peer, { type: "squatted", seeker: awaited });
      return false;
    }
    book.step(peer, { type: "value", seeker: awaited, data });
    this.#quicken(peer);
    return true;
  }

  #isFull(peer: GossipUserId): boolean {
    const { bytes, rows } = this.#context.store.incoming.sizeOf(peer);
    return rows >= MAX_UNHANDLED.rows || bytes >= MAX_UNHANDLED.bytes;
  }

  #isLive(peer: GossipUserId, nowMs: number): boolean {
    return (this.#paces.get(peer)?.liveUntilMs ?? 0) > nowMs;
  }

  #paceOf(peer: GossipUserId): Pace {
    const known = this.#paces.get(peer);
    if (known !== undefined) return known;
    const pace: Pace = { liveUntilMs: 0, forkCheckedAtMs: -Infinity, forkChecked: undefined };
    this.#paces.set(peer, pace);
    return pace;
  }
}

function isSameHandshake(left: Handshake | undefined, right: Handshake): boolean {
  return left?.incoming === right.incoming && left?.outgoing === right.outgoing;
}
