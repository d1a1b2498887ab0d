import { tryDecodeAnnouncementPayload } from "../announcement/announcement-payload.ts";
import {
  type AnnouncementScanKey,
  openAnnouncement,
  type OpenedAnnouncement,
} from "../announcement/announcement.ts";
import type { BulletinFollower } from "../bulletin/bulletin-feed.ts";
import { type BulletinPosition, decodePosition, encodePosition } from "../bulletin/position.ts";
import { createConversation } from "../conversation/conversation.ts";
import type { AcceptDecision } from "../conversation/step.ts";
import type { GossipError } from "../errors.ts";
import { forEachInSlices } from "../pacing/slices.ts";
import type { BulletinItem, RelayClient } from "../transport/relay-client.ts";
import type { ClientContext } from "./client-context.ts";
import { tryDecodeCopyNote } from "./copy-note.ts";
import type { EarlyAnnouncement } from "./early-announcements.ts";
import { EarlyShelf } from "./early-shelf.ts";
import type { ContactRequest } from "./types.ts";

/** Takes announcements for this account from the bulletin: contact requests, acceptances, renewals. */
export class BulletinInbox implements BulletinFollower {
  readonly scanKey: AnnouncementScanKey;
  readonly relay: RelayClient;
  readonly intervalMs: number;
  readonly retryMs: number;
  readonly #context: ClientContext;
  readonly #decide: (request: ContactRequest) => Promise<AcceptDecision>;
  readonly #onReset: () => void;
  readonly #running: () => AbortSignal;
  readonly #early: EarlyShelf;
  #position: BulletinPosition | undefined;

  constructor(
    context: ClientContext,
    deps: {
      decide: (request: ContactRequest) => Promise<AcceptDecision>;
      onReset: () => void;
      /** Of the run that is on: a page in hand is not read to its end when it is over. */
      running: () => AbortSignal;
    },
  ) {
    const { relay, polling, store } = context;
    this.#context = context;
    this.#decide = deps.decide;
    this.#onReset = deps.onReset;
    this.#running = deps.running;
    this.#early = new EarlyShelf(context, (bytes) => this.#take(bytes));
    this.relay = relay;
    this.intervalMs = polling.bulletinMs;
    this.retryMs = polling.retryMs;
    this.scanKey = scanKeyOf(context.identity);
    const stored = store.meta.get("bulletin_position");
    this.#position = stored && decodePosition(stored);
  }

  /** Whether this account has ever looked at the bulletin. */
  get isNew(): boolean {
    return this.#position === undefined;
  }

  /** A new account begins at the end: what was posted before it existed cannot be for it. */
  startAt(position: BulletinPosition): void {
    this.#save(position);
  }

  position(): BulletinPosition {
    return this.#position ?? { cursor: 0n, fingerprint: undefined };
  }

  async onPage(candidates: readonly BulletinItem[], position: BulletinPosition): Promise<void> {
    const early: EarlyAnnouncement[] = [];
    // One by one: each is committed by itself, and what a crash repeats is recognized.
    await forEachInSlices(
      candidates,
      async ({ data }) => {
        const before = await this.#take(data);
        if (before !== undefined) early.push(before);
      },
      this.#running(),
    );
    this.#save(position, early);
  }

  /** Takes announcements that came before their time when it has come. */
  run(signal: AbortSignal): Promise<void> {
    return this.#early.run(signal);
  }

  /** The clock was set, perhaps. */
  wake(): void {
    this.#early.wake();
  }

  async onRelayReset(): Promise<void> {
    const { book, log } = this.#context;
    log.warn("the relay started over: reading it again from its beginning");
    this.#onReset();
    await forEachInSlices(book.all(), ({ peer }) => book.step(peer, { type: "relay_reset" }));
  }

  onPolled(error: GossipError | undefined): void {
    if (error === undefined) this.#context.health.worked("bulletin");
    else this.#context.health.failed("bulletin", error);
  }

  /** @returns What has to be taken later, because its time has not come. */
  async #take(bytes: Uint8Array): Promise<EarlyAnnouncement | undefined> {
    const { identity, crypto, book, store, clock } = this.#context;
    if (store.seen.hasAnnouncement(bytes)) return undefined;
    const opened = openAnnouncement({ identity, bytes, crypto });
    if (opened === undefined) return undefined;
    if (opened.sender.userId === identity.userId) {
      this.#hearCopy(opened, bytes);
      return undefined;
    }
    const peer = opened.sender.userId;
    const { accepted, rejected } = this.#judge(opened);
    if (rejected === "future") {
      const { createdAtMs } = opened.request;
      const previousMs = book.get(peer)?.session.incoming?.createdAtMs ?? 0;
      return { peer, createdAtMs, previousMs, bytes };
    }
    const accept = accepted ? await this.#answer(opened) : undefined;
    const nowMs = clock.now();
    const remember = (): void => store.seen.rememberAnnouncement(bytes, nowMs);
    if (accept === undefined) {
      store.transaction(remember);
      return undefined;
    }
    book.step(
      peer,
      { type: "announcement", opened, accept },
      { create: createConversation(opened.sender, nowMs), also: remember },
    );
    return undefined;
  }

  /** Whether the session rules would take it; asking the owner about a replay would be a waste. */
  #judge(opened: OpenedAnnouncement): ReturnType<ClientContext["book"]["sessions"]["accept"]> {
    const { book, clock } = this.#context;
    const { session } = book.get(opened.sender.userId) ?? createConversation(opened.sender, 0);
    return book.sessions.accept(session, opened, { nowMs: clock.now(), anyAge: false });
  }

  /** Nobody but us, or a copy of us, can have announced this identity to itself. What we said ourselves is no news. */
  #hearCopy({ userData }: OpenedAnnouncement, bytes: Uint8Array): void {
    const { book, store, clock } = this.#context;
    for (const { peer, announcedAtMs } of tryDecodeCopyNote(userData) ?? []) {
      book.step(peer, { type: "copy_announced", atMs: announcedAtMs });
    }
    store.transaction(() => store.seen.rememberAnnouncement(bytes, clock.now()));
  }

  async #answer(opened: OpenedAnnouncement): Promise<AcceptDecision> {
    if (this.#context.book.get(opened.sender.userId)?.accepted) return "accepted";
    return this.#decide(toContactRequest(opened));
  }

  #save(position: BulletinPosition, early: readonly EarlyAnnouncement[] = []): void {
    const { store } = this.#context;
    this.#early.keep(early, () => store.meta.set("bulletin_position", encodePosition(position)));
    this.#position = position;
  }
}

/** What an announcement says about who sent it. */
export function toContactRequest(opened: OpenedAnnouncement): ContactRequest {
  const payload = tryDecodeAnnouncementPayload(opened.userData);
  return {
    peer: opened.sender.userId,
    ...(payload?.username && { username: payload.username }),
    ...(payload?.message && { message: payload.message }),
  };
}

/** The part of an identity that finds its announcements. */
export function scanKeyOf(identity: ClientContext["identity"]): AnnouncementScanKey {
  return {
    kemSecret: identity.secrets.kem,
    kemPublicKey: identity.publicKeys.kemPublicKey,
  };
}
