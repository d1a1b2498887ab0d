import { runTasks } from "sdk-kit";
import type { BulletinFeed } from "../bulletin/bulletin-feed.ts";
import { fetchEndPosition } from "../bulletin/position.ts";
import type { Conversation } from "../conversation/conversation.ts";
import type { AcceptDecision } from "../conversation/step.ts";
import { GossipError } from "../errors.ts";
import type { GossipUserId } from "../identity/user-id.ts";
import { relayBackoff } from "../pacing/backoff.ts";
import { Repeater } from "../pacing/repeater.ts";
import { Announcer } from "./announcer.ts";
import { BulletinInbox } from "./bulletin-inbox.ts";
import type { ClientContext } from "./client-context.ts";
import { decideContact } from "./contact-decision.ts";
import type { StepOutcome } from "./conversation-book.ts";
import { Housekeeping } from "./housekeeping.ts";
import { KeyPublisher } from "./key-publisher.ts";
import { MessagePoller } from "./message-poller.ts";
import { Outbox } from "./outbox.ts";
import type { ContactRequest, GossipClientOptions } from "./types.ts";
import { watchForWake } from "./wake-watch.ts";

/** The parts of a client at work. They never call each other: each reacts to committed steps. */
export class ClientEngine {
  readonly #context: ClientContext;
  readonly #shouldAccept: GossipClientOptions["shouldAccept"];
  readonly #feed: BulletinFeed;
  readonly #inbox: BulletinInbox;
  readonly #keys: KeyPublisher;
  readonly #poller: MessagePoller;
  readonly #announcer: Announcer;
  readonly #outbox: Outbox;
  readonly #housekeeping: Housekeeping;
  /** Ends questions to the owner of the client that are still open when a run ends. */
  #running: AbortSignal = AbortSignal.abort();

  constructor(
    context: ClientContext,
    deps: { shouldAccept: GossipClientOptions["shouldAccept"]; feed: BulletinFeed },
  ) {
    this.#context = context;
    this.#shouldAccept = deps.shouldAccept;
    this.#feed = deps.feed;
    this.#keys = new KeyPublisher(context);
    this.#poller = new MessagePoller(context);
    this.#announcer = new Announcer(context);
    this.#outbox = new Outbox(context);
    this.#housekeeping = new Housekeeping(context);
    this.#inbox = new BulletinInbox(context, {
      decide: (request) => this.#decide(request),
      onReset: () => this.#keys.publishAgain(),
      running: () => this.#running,
    });
    context.book.listen((outcome) => this.#onStep(outcome));
  }

  /** Works until the signal aborts. Rejects for a bug or a lost store only. */
  async run(signal: AbortSignal): Promise<void> {
    await runTasks(signal, [
      (inner) => watchForWake(this.#context.clock, () => this.#wake(), inner),
      async (inner) => {
        this.#running = inner;
        await this.#startAtEnd(inner);
        await runTasks(inner, [
          (each) => this.#keys.run(each),
          (each) => this.#feed.follow(this.#inbox, each),
          (each) => this.#inbox.run(each),
          (each) => this.#reconsiderWaiting(each),
          (each) => this.#poller.run(each),
          (each) => this.#announcer.run(each),
          (each) => this.#outbox.run(each),
          (each) => this.#housekeeping.run(each),
        ]);
      },
    ]);
  }

  /** See {@link MessagePoller.catchUp}. */
  catchUp(peer: GossipUserId, signal: AbortSignal): Promise<void> {
    return this.#poller.catchUp(peer, signal);
  }

  /** A new account reads the bulletin from its present end; until that is known, nobody may learn of the account. */
  async #startAtEnd(signal: AbortSignal): Promise<void> {
    if (!this.#inbox.isNew) return;
    const { relay, random, health, polling } = this.#context;
    const known = new AbortController();
    const attempts = new Repeater({
      random,
      backoff: relayBackoff(polling.retryMs),
      work: async (round) => {
        this.#inbox.startAt(await fetchEndPosition(relay, round));
        health.worked("bulletin");
        known.abort();
        return 0;
      },
      onFailure: (error) => health.failed("bulletin", error),
    });
    await attempts.run(AbortSignal.any([signal, known.signal]));
  }

  /** The policy may have changed since somebody asked. What cannot be stored now is asked again at the next start. */
  async #reconsiderWaiting(signal: AbortSignal): Promise<void> {
    try {
      await this.#askAgain(signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof GossipError)) throw error;
      this.#context.log.warn(`waiting requests: ${error.code}: ${error.message}`);
    }
  }

  async #askAgain(signal: AbortSignal): Promise<void> {
    const { book } = this.#context;
    for (const { peer, accepted, request } of book.all()) {
      if (accepted) continue;
      if (signal.aborted) return;
      const { username, message } = request ?? {};
      // A start must not ask hundreds of questions at once.
      const decision = await this.#decide({
        peer,
        ...(username !== undefined && { username }),
        ...(message !== undefined && { message }),
      });
      if (decision !== "rejected") {
        book.step(peer, { type: "accept", trusted: decision === "trusted" });
      }
    }
  }

  #decide(request: ContactRequest): Promise<AcceptDecision> {
    return decideContact(request, {
      shouldAccept: this.#shouldAccept,
      log: this.#context.log,
      signal: this.#running,
    });
  }

  #onStep(outcome: StepOutcome): void {
    const { after, created, settled } = outcome;
    this.#poller.onStep(outcome);
    for (const { messageId } of settled) this.#outbox.forget(messageId);
    if (after === undefined) return;
    if (after.announcement !== undefined) this.#announcer.ring();
    else if (hasUnposted(after)) this.#outbox.ring();
    if (created && !after.trusted) this.#housekeeping.dropDispensable();
  }

  #wake(): void {
    this.#context.log.info("woke up after a pause, or the clock was set: polling now");
    this.#feed.wake();
    this.#inbox.wake();
    this.#keys.wake();
    this.#poller.wake();
    this.#announcer.wake();
    this.#outbox.wake();
    this.#housekeeping.wake();
  }
}

function hasUnposted(conversation: Conversation): boolean {
  return conversation.queue.some((item) => item.value !== undefined && !item.posted);
}
