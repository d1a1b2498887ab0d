import { Alarm, runTasks, type Task } from "sdk-kit";
import { accessTo, type ResolveHost } from "../bootstrap/address-guard.ts";
import type { Clock } from "../clock.ts";
import { MeshError } from "../errors.ts";
import type { Frame } from "../frame/frames.ts";
import { MAX_SUBSCRIBE_HOPS } from "../frame/limits.ts";
import type { MeshKey } from "../identity/mesh-key.ts";
import { linkHostOf } from "../link-proof/link-proof.ts";
import { MeshLink, type MeshLinkOptions } from "../link/mesh-link.ts";
import type { CheckedMessage } from "../message/message.ts";
import { CatchUp } from "../overlay/catch-up.ts";
import { dialPeer } from "../overlay/dial.ts";
import { Dialer, type DialResult } from "../overlay/dialer.ts";
import { InterestTable } from "../overlay/interest-table.ts";
import { InterestTeller } from "../overlay/interest-teller.ts";
import { LinkBook } from "../overlay/link-book.ts";
import { openListener, type Listener } from "../overlay/listener.ts";
import { OwnNews } from "../overlay/own-news.ts";
import { PageServer } from "../overlay/page-server.ts";
import { Relay } from "../overlay/relay.ts";
import type { ListenOptions, MeshLimits, MeshLog, MeshTiming } from "../peer/types.ts";
import type { MeshStore } from "../store/port.ts";
import { mayRead } from "../sync/serve.ts";
import type { MeshEngine, MessageListener, PeerSummary, SyncReport } from "./engine.ts";

/** A neighbor of ours repeats its wishes; three rounds without one, and they are gone. */
const INTEREST_ROUNDS = 3;

export interface OverlayOptions {
  readonly key: MeshKey;
  readonly listen?: ListenOptions;
  readonly allowPrivateAddresses: boolean | "loopback";
  /** Passes on what nobody can prove, too. */
  readonly relaysUnverified: boolean;
  /** Plain direct channels that the owner of this peer has opened: whoever asks gets what is said in them. */
  readonly openPlainChannels: ReadonlySet<string>;
  readonly limits: MeshLimits;
  readonly timing: MeshTiming;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: MeshLog;
  readonly resolveHost: ResolveHost;
  /** What neighbors are served from, and where it stands how far theirs were read. The engine adds nothing to it. */
  readonly store: MeshStore;
  /** Reading a channel from some neighbor has begun, or ended: then all that came was handed over. */
  readonly onReading?: (channelId: string, is: "begun" | "ended") => void;
}

/** The engine that needs nothing but WebSockets: every peer dials some others and passes on what they want. */
export interface OverlayEngine extends MeshEngine {
  /**
   * The addresses to keep connections to, from now on.
   *
   * @param listed - Of these as many as there is room for: those that fail make room for others.
   * @throws MeshError `invalid_url`.
   */
  setTargets(urls: readonly string[], listed?: readonly string[]): void;
  /** Undefined when nobody can dial in. */
  readonly listeningPort: number | undefined;
}

/** Makes the overlay (section 3). Nothing is opened before {@link MeshEngine.run}. */
export function createOverlayEngine(options: OverlayOptions): OverlayEngine {
  return new Overlay(options);
}

class Overlay implements OverlayEngine {
  readonly #options: OverlayOptions;
  readonly #book: LinkBook;
  readonly #interest = new InterestTable();
  readonly #teller: InterestTeller;
  readonly #relay: Relay;
  readonly #ownNews: OwnNews;
  readonly #pages: PageServer;
  readonly #catchUp: CatchUp;
  readonly #dialer: Dialer;
  readonly #listeners = new Set<() => void>();
  readonly #closeWatchers = new Map<string, (link: MeshLink) => void>();
  #onMessage: MessageListener = async () => "refused";
  #listener: Listener | undefined;
  #links = 0;

  constructor(options: OverlayOptions) {
    const { clock, key, limits, log, random, store, timing } = options;
    this.#options = options;
    this.#book = new LinkBook(key.peerId);
    this.#teller = new InterestTeller(
      this.#interest,
      () => this.#book.ready(),
      (channelIds) => this.#readWanted(channelIds),
    );
    this.#relay = new Relay({
      book: this.#book,
      interest: this.#interest,
      limits,
      clock,
      relaysUnverified: options.relaysUnverified,
      mayRead: (link, channelId) => this.#mayRead(link, channelId),
      listener: () => this.#onMessage,
    });
    this.#ownNews = new OwnNews({
      ownId: key.peerId,
      store,
      interest: this.#interest,
      clock,
      mayRead: (link, channelId) => this.#mayRead(link, channelId),
    });
    this.#pages = new PageServer({
      store,
      clock,
      mayRead: (link, channelId) => this.#mayRead(link, channelId),
    });
    this.#catchUp = new CatchUp({
      store,
      clock,
      timing,
      log,
      isWorthReading: (linkId, channelId) => this.#interest.isWorthReading(linkId, channelId),
      isWanted: (channelId) => this.#interest.isWanted(channelId),
      takePage: async (link, messages, mayPush) => this.#relay.takePage(link, messages, mayPush),
      onReading: (channelId, is) => options.onReading?.(channelId, is),
      onMuchLearned: (from, channelId) => this.#tellOfMuch(from, channelId),
    });
    this.#dialer = new Dialer({
      connect: async (url, signal) => this.#dial(url, signal),
      hasLinkTo: (peerId) => this.#book.hasLinkTo(peerId),
      timing,
      random,
      log,
    });
  }

  get listeningPort(): number | undefined {
    return this.#listener?.port;
  }

  onMessage(listener: MessageListener): void {
    this.#onMessage = listener;
  }

  setTargets(urls: readonly string[], listed: readonly string[] = []): void {
    this.#dialer.setTargets(urls, listed);
  }

  setInterest(channelIds: ReadonlySet<string>): void {
    this.#interestChanged(this.#interest.setOwn(channelIds));
  }

  publish(message: CheckedMessage, { exceptLink }: { readonly exceptLink?: string } = {}): void {
    this.#relay.publish(message, exceptLink);
  }

  peers(): readonly PeerSummary[] {
    return Array.from(this.#book.ready(), (link) => ({
      linkId: link.linkId,
      peerId: link.peerId,
      isProven: link.isProven,
      isOurs: link.isOurs,
      direction: link.direction,
      channels: this.#interest.countFor(link.linkId),
      connectedAtMs: link.connectedAtMs,
    }));
  }

  async syncWith(linkId: string, channelId: string): Promise<SyncReport> {
    const link = this.#book.find(linkId);
    if (link === undefined) throw new MeshError("closed", "sync: the link is closed");
    return this.#catchUp.sync(link, channelId);
  }

  onPeersChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { listen, limits, log, timing } = this.#options;
    if (listen !== undefined) {
      this.#listener = await openListener({
        listen,
        maxLinks: limits.maxLinks,
        maxLinksPerAddress: limits.maxLinksPerAddress,
        handshakeMs: timing.handshakeMs,
        onConnection: (socket, raw, host) => {
          this.#open({ socket, raw, direction: "in", host });
        },
      });
      log.info(`mesh: listening on port ${this.#listener.port}`);
      if (this.#listener.lacksName) {
        log.warn(
          "mesh: no name of this peer is set, so who dials it by anything but an address of this machine stays unproven; set MESH_PUBLIC_HOSTS (in a plugin, listen.publicHosts)",
        );
      }
      this.#peersChanged();
    }
    try {
      await runTasks(signal, [
        async (stop) => this.#dialer.run(stop),
        repeatEvery(timing.interestMs, () => this.#repeatInterest()),
        repeatEvery(timing.syncMs, () => this.#catchUpWithAll()),
      ]);
    } finally {
      this.#teller.stop();
      const closed = this.#listener?.close();
      for (const link of this.#book.all()) link.close("goingAway");
      await closed;
      await this.#catchUp.settled();
      this.#listener = undefined;
    }
  }

  async #dial(url: URL, signal: AbortSignal): Promise<DialResult> {
    const { allowPrivateAddresses, resolveHost, timing } = this.#options;
    const { promise: closed, resolve } = Promise.withResolvers<MeshLink>();
    let opened: MeshLink | undefined;
    await dialPeer(url, {
      ...accessTo(url.hostname, allowPrivateAddresses, resolveHost),
      timeoutMs: timing.handshakeMs,
      signal,
      onOpen: (socket, raw) => {
        opened = this.#open({ socket, raw, direction: "out", host: linkHostOf(url) });
        this.#closeWatchers.set(opened.linkId, resolve);
      },
    });
    const close = (): void => opened?.close("goingAway");
    if (signal.aborted) close();
    signal.addEventListener("abort", close, { once: true });
    const link = await closed;
    signal.removeEventListener("abort", close);
    const { readyAtMs } = link;
    return {
      readyForMs: readyAtMs === undefined ? 0 : this.#options.clock.now() - readyAtMs,
      isSelf: this.#book.isSelfDial(link),
      peerId: link.isProven ? link.peerId : undefined,
    };
  }

  #open(connection: Pick<MeshLinkOptions, "socket" | "raw" | "direction" | "host">): MeshLink {
    const { clock, key, limits, timing } = this.#options;
    this.#links += 1;
    const link = new MeshLink({
      ...connection,
      linkId: `l${this.#links}`,
      key,
      limits,
      timing,
      clock,
      events: {
        onIdentified: (identified) => this.#book.assertOther(identified),
        onReady: (ready) => this.#welcome(ready),
        onFrame: (from, frame) => this.#route(from, frame),
        onClose: (closed) => this.#forget(closed),
      },
    });
    this.#book.add(link);
    return link;
  }

  #welcome(link: MeshLink): void {
    if (link.isProven && !this.#book.settleDuplicates(link)) return;
    this.#peersChanged();
    this.#teller.tellAll(link);
    this.#ownNews.tell(link);
    this.#catchUp.schedule(link, this.#interest.channels());
  }

  #forget(link: MeshLink): void {
    this.#book.remove(link);
    this.#teller.forget(link.linkId);
    this.#ownNews.noteLoss(link);
    this.#catchUp.forget(link);
    this.#pages.forget(link.linkId);
    this.#interestChanged(this.#interest.removeLink(link.linkId));
    this.#closeWatchers.get(link.linkId)?.(link);
    this.#closeWatchers.delete(link.linkId);
    this.#dialer.noticeLoss();
    this.#peersChanged();
  }

  #route(link: MeshLink, frame: Frame): void {
    switch (frame.type) {
      case "message":
        this.#relay.takeNews(link, frame.message);
        return;
      case "subscribe":
        this.#subscribe(link, frame.channelId, frame.hops);
        return;
      case "unsubscribe":
        if (this.#interest.remove(link.linkId, frame.channelId)) {
          this.#interestChanged([frame.channelId]);
        }
        return;
      case "sync_request":
        this.#pages.serveReference(link, frame);
        return;
      case "oc_sync":
        this.#pages.servePage(link, frame);
        return;
      case "oc_ranges":
        if (frame.answer) this.#catchUp.take(link, frame);
        else this.#catchUp.fetch(link, frame.channelId, this.#pages.compare(link, frame));
        return;
      case "sync_response":
      case "oc_page":
        this.#catchUp.take(link, frame);
        return;
      case "handshake":
      case "auth":
      case "error":
      case "ping":
      case "pong":
        // The link has dealt with these.
        return;
    }
  }

  #subscribe(link: MeshLink, channelId: string, hops: number | undefined): void {
    if (!this.#mayRead(link, channelId)) {
      link.sendError("unauthorized", "subscribe: only the two peers of a direct channel, proven");
      return;
    }
    if (!this.#interest.wants(link.linkId, channelId) && !link.newWishes.tryTake()) {
      link.sendError("rate_limited", "subscribe: too many new channels at a time");
      return;
    }
    const wish = {
      hops: hops ?? MAX_SUBSCRIBE_HOPS,
      nowMs: link.isOurs ? this.#options.clock.now() : undefined,
    };
    const outcome = this.#interest.add(link.linkId, channelId, wish);
    if (outcome === "full") throw new MeshError("rate_limited", "subscribe: too many channels");
    if (outcome === "changed") this.#interestChanged([channelId]);
  }

  #mayRead({ provenPeerId }: Pick<MeshLink, "provenPeerId">, channelId: string): boolean {
    return mayRead(channelId, provenPeerId) || this.#options.openPlainChannels.has(channelId);
  }

  /** Neighbors hear of it, and what they have of a channel that is wanted now is read. */
  #interestChanged(channelIds: readonly string[]): void {
    if (channelIds.length === 0) return;
    this.#teller.touch(channelIds);
    this.#catchUp.drop(channelIds.filter((id) => !this.#interest.isWanted(id)));
    this.#peersChanged();
  }

  /** After the neighbors were told: what comes to them between the two would be neither news nor history for us. */
  #readWanted(channelIds: readonly string[]): void {
    const wanted = channelIds.filter((id) => this.#interest.isWanted(id));
    for (const link of this.#book.ready()) this.#catchUp.schedule(link, wanted);
  }

  /** Comparing tells the neighbors what they lack, and they fetch it at their own pace. */
  #tellOfMuch(from: MeshLink, channelId: string): void {
    for (const linkId of this.#interest.linksFor(channelId)) {
      const link = this.#book.find(linkId);
      if (link?.isOurs === true && link !== from) {
        this.#catchUp.schedule(link, [channelId], { again: true, whole: true });
      }
    }
  }

  #repeatInterest(): void {
    const { clock, timing } = this.#options;
    this.#interestChanged(this.#interest.expire(clock.now() - INTEREST_ROUNDS * timing.interestMs));
    for (const link of this.#book.ready()) if (link.isOurs) this.#teller.tellAll(link);
  }

  #catchUpWithAll(): void {
    const channels = this.#interest.channels();
    for (const link of this.#book.ready()) this.#catchUp.schedule(link, channels, { again: true });
  }

  #peersChanged(): void {
    for (const listener of this.#listeners) listener();
  }
}

function repeatEvery(intervalMs: number, work: () => void): Task {
  return async (signal) => {
    const alarm = new Alarm();
    while (!signal.aborted) {
      await alarm.sleep(intervalMs, signal);
      if (!signal.aborted) work();
    }
  };
}
