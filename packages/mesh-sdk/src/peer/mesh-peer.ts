import { randomUUID } from "node:crypto";
import path from "node:path";
import { Alarm, runTasks, StatusNotifier, type Task } from "sdk-kit";
import { resolveWithSystem } from "../bootstrap/address-guard.ts";
import { type Clock, systemClock } from "../clock.ts";
import { isDirectChannelId, plainDirectChannelId } from "../direct/direct-channel.ts";
import { prekeyPayload } from "../direct/knock.ts";
import type { PeerSummary } from "../engine/engine.ts";
import { createOverlayEngine, type OverlayEngine } from "../engine/overlay-engine.ts";
import { MeshError, type MeshErrorCode } from "../errors.ts";
import { MAX_CHANNEL_ID_LENGTH } from "../frame/limits.ts";
import type { MeshKey } from "../identity/mesh-key.ts";
import type { CheckedMessage } from "../message/message.ts";
import { openOwnStore, type OwnStore } from "../own/own-store.ts";
import { createGroupCommit } from "../store/group-commit.ts";
import { openMeshStore } from "../store/mesh-store.ts";
import type { AddResult, MeshStore, NewMessage } from "../store/port.ts";
import { DEFAULT_LIMITS, DEFAULT_TIMING, SILENT_LOG } from "./default-options.ts";
import { DirectDesk } from "./direct-desk.ts";
import { HeldMail } from "./held-mail.ts";
import { Inbox } from "./inbox.ts";
import { Intake } from "./intake.ts";
import { JoinedChannels } from "./joined-channels.ts";
import { ListKeeper } from "./list-keeper.ts";
import { OwnTrail } from "./own-trail.ts";
import { Publisher, restoreUnconfirmed } from "./publisher.ts";
import type {
  MeshEvent,
  MeshLog,
  MeshPeerOptions,
  MeshPeerStatus,
  MeshTiming,
  OutgoingContent,
  SentMessage,
} from "./types.ts";

/** Group channels of our own; a neighbor takes a thousand of us, direct ones included. */
export const MAX_OWN_CHANNELS = 400;
/** How long the key of a message is remembered. */
const KEEP_SENT_MS = 31 * 24 * 3_600_000;
const BOX_PREFIX = "box1-";
/** What a full or busy disk causes, and how long to wait before the next try. */
const MAY_PASS: ReadonlySet<MeshErrorCode> = new Set(["state_unwritable", "queue_full", "locked"]);
const RETRY_MS = 5_000;

/**
 * One peer of the mesh at work: listens, dials, relays, catches up, and keeps what it hears.
 *
 * What is sent or received is on disk before anybody is told. Open it, start `run`, read `events`, and mark each event as
 * handled once it is safe elsewhere. Several peers can live in one process, each in a folder of its own.
 *
 * @example
 * await using peer = await MeshPeer.open({ key, folder, peers: ["wss://relay.example"], channels: ["lobby"] });
 * const running = peer.run({ signal });
 * for await (const event of peer.events({ signal })) { …; peer.markHandled(event.id); }
 */
export class MeshPeer implements AsyncDisposable {
  readonly #key: MeshKey;
  readonly #clock: Clock;
  readonly #log: MeshLog;
  readonly #timing: MeshTiming;
  readonly #own: OwnStore;
  readonly #store: MeshStore;
  readonly #commit: ReturnType<typeof createGroupCommit>;
  readonly #engine: OverlayEngine;
  readonly #publisher: Publisher;
  readonly #desk: DirectDesk;
  readonly #inbox: Inbox;
  readonly #lists: ListKeeper;
  readonly #notifier: StatusNotifier;
  readonly #joined: JoinedChannels | undefined;
  readonly #held: HeldMail;
  /** Plain direct channels, by the other's id. */
  readonly #plain: ReadonlyMap<string, string>;
  readonly #profileName: string | undefined;
  readonly #closing = new AbortController();
  readonly #inboxListeners = new Set<() => void>();
  #channels: ReadonlySet<string> = new Set();
  #wanted: ReadonlySet<string> = new Set();
  #run: Promise<void> | undefined;
  #unopened = 0;
  #madeElsewhere = 0;
  #lastInboundAtMs: number | undefined;
  #lastErrorCode: MeshErrorCode | undefined;

  private constructor(options: MeshPeerOptions, own: OwnStore, store: MeshStore) {
    const { clock = systemClock, key, log = SILENT_LOG, random = Math.random } = options;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const allowed = options.allowPrivateAddresses ?? false;
    this.#key = key;
    this.#clock = clock;
    this.#log = log;
    this.#timing = { ...DEFAULT_TIMING, ...options.timing };
    this.#own = own;
    this.#store = store;
    this.#commit = createGroupCommit(store);
    this.#notifier = new StatusNotifier(log);
    const acceptsUnverified = options.acceptUnverified ?? false;
    this.#joined = options.skipHistory === true ? new JoinedChannels(store, clock) : undefined;
    const trail = new OwnTrail({ own, store });
    this.#held = new HeldMail({
      store,
      answeredToMs: (channelId) => trail.answeredToMs(channelId),
      onRelease: () => this.#tellInbox(),
    });
    this.#profileName = options.profile?.name;
    const plainPeers = options.plainPeers ?? [];
    this.#plain = new Map(plainPeers.map((id) => [id, plainDirectChannelId(key.peerId, id)]));
    this.#engine = createOverlayEngine({
      key,
      ...(options.listen !== undefined && { listen: options.listen }),
      allowPrivateAddresses: allowed === "loopback-list" ? false : allowed,
      relaysUnverified: acceptsUnverified,
      openPlainChannels: new Set(this.#plain.values()),
      limits,
      timing: this.#timing,
      clock,
      random,
      log,
      resolveHost: resolveWithSystem,
      store,
      onReading: (channelId, is) => this.#held.noteReading(channelId, is),
    });
    const intake = new Intake({
      key,
      openedAtMs: clock.now(),
      acceptsUnverified,
      joined: this.#joined,
      trail,
      held: this.#held,
      isWanted: (channelId) => this.#wanted.has(channelId),
      keep: async (checked, fate) => this.#keep(checked, fate),
      onStored: (isEvent) => {
        this.#lastInboundAtMs = this.#clock.now();
        if (isEvent) this.#tellInbox();
        this.#notifier.notify();
      },
      onMadeElsewhere: () => this.#noteMadeElsewhere(),
    });
    this.#engine.onMessage(intake.take);
    this.#engine.onPeersChange(() => this.#notifier.notify());
    const send = async (message: CheckedMessage): Promise<void> => this.#keepAndSend(message);
    this.#publisher = new Publisher({ key, own, clock, send });
    this.#desk = new DirectDesk({
      key,
      own,
      store,
      clock,
      plainChannels: this.#plain,
      nextTimestampMs: () => this.#publisher.nextTimestampMs(),
      send,
      onChannelsChange: () => this.#tellInterest(),
      onUnsent: ({ code }) => {
        this.#log.warn(`mesh: something for a peer can never be sent, and was given up (${code})`);
        this.#noteError(code);
      },
    });
    this.#inbox = new Inbox({
      store,
      desk: this.#desk,
      subscribe: (onRows) => {
        this.#inboxListeners.add(onRows);
        return () => this.#inboxListeners.delete(onRows);
      },
      onUnopened: ({ code }) => {
        this.#unopened += 1;
        this.#noteError(code);
      },
    });
    this.#lists = new ListKeeper({
      ownId: key.peerId,
      fixed: options.peers ?? [],
      url: options.bootstrapUrl,
      signer: options.bootstrapSigner,
      reach: allowed === "loopback-list" ? "loopback" : allowed,
      resolve: resolveWithSystem,
      store,
      clock,
      log,
      onTargets: (fixed, listed) => this.#engine.setTargets(fixed, listed),
      onError: (code) => this.#noteError(code),
    });
    this.setChannels(options.channels ?? []);
  }

  /**
   * Opens the state of a peer, or makes an empty one. No network.
   *
   * @throws MeshError `locked` (another process has the folder) | `wrong_key` | `state_newer` | `state_unreadable` |
   *   `state_unwritable` | `insecure_state_path` | `invalid_url` | `invalid_channel_id` | `invalid_peer_id`. What is there is left as it was.
   */
  static async open(options: MeshPeerOptions): Promise<MeshPeer> {
    const { clock = systemClock, folder, key } = options;
    // Not *.sqlite: OpenClaw's backup opens what is named so, cannot while this process has it, and fails as a whole.
    const own = openOwnStore(path.join(folder, "own.db"), key);
    let store: MeshStore | undefined;
    try {
      store = openMeshStore({
        path: path.join(folder, "mesh.db"),
        limits: { ...DEFAULT_LIMITS, ...options.limits },
        clock,
      });
      restoreUnconfirmed(own, store, clock);
      return new MeshPeer(options, own, store);
    } catch (error) {
      store?.[Symbol.dispose]();
      own.close();
      throw error;
    }
  }

  /** 43 characters. */
  get peerId(): string {
    return this.#key.peerId;
  }

  /**
   * Listens, dials, relays and catches up until the signal aborts or the peer is closed; then it resolves. A network that
   * cannot be reached is waited for. One run at a time.
   *
   * @throws MeshError `closed` | `locked` (already running) | `network_unreachable` (cannot listen).
   */
  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    this.#assertOpen();
    if (this.#run !== undefined) throw new MeshError("locked", "peer: already running");
    const either = AbortSignal.any([signal, this.#closing.signal]);
    this.#tellInterest();
    this.#run = runTasks(either, [
      async (stop) => this.#engine.run(stop),
      this.#untilDone(async (stop) => this.#inbox.sortMail(stop)),
      this.#untilDone(async (stop) => this.#held.run(stop)),
      async () => this.#desk.resume(),
      async (stop) => this.#lists.run(stop, this.#timing.bootstrapMs),
      this.#untilDone(async (stop) => this.#keepHouse(stop)),
    ]);
    try {
      await this.#run;
    } finally {
      this.#run = undefined;
    }
  }

  /**
   * The group channels to listen to from now on. Direct messages to us are always listened to.
   *
   * @throws MeshError `invalid_channel_id`: empty, too long, too many, or the name of a direct channel.
   */
  setChannels(ids: readonly string[]): void {
    this.#assertOpen();
    if (ids.length > MAX_OWN_CHANNELS) {
      throw new MeshError("invalid_channel_id", `channels: at most ${MAX_OWN_CHANNELS}`);
    }
    for (const id of ids) assertGroupChannel(id);
    this.#channels = new Set(ids);
    this.#joined?.set(this.#channels);
    this.#tellInterest();
  }

  /**
   * Signs a message and puts it on our disk; it goes to every neighbor that wants the channel, now or when there is one.
   *
   * @param options.key - The same key again for the same channel is the same message, whatever the content: nothing is sent
   *   twice. Remembered for a month.
   * @throws MeshError `invalid_channel_id` | `malformed` | `too_large` | `queue_full` (over the quota of the store) |
   *   `state_unwritable` | `closed`.
   */
  async publish(
    channelId: string,
    content: OutgoingContent,
    options: { readonly key?: string } = {},
  ): Promise<SentMessage> {
    this.#assertOpen();
    assertGroupChannel(channelId);
    return this.#publisher.publish(
      channelId,
      content,
      `${channelId}\n${options.key ?? randomUUID()}`,
    );
  }

  /**
   * Sends a message that only the receiver can open. Without a key of the receiver it waits on our disk until one is found;
   * then `messageId` is undefined. To one of {@link MeshPeerOptions.plainPeers} that has no key it goes as plain text.
   *
   * @throws MeshError `invalid_peer_id` | `malformed` | `too_large` | `queue_full` | `state_unwritable` | `closed`.
   */
  async sendDirect(
    peerId: string,
    content: OutgoingContent,
    options: { readonly key?: string } = {},
  ): Promise<SentMessage> {
    this.#assertOpen();
    const sent = await this.#desk.send(
      peerId,
      content,
      `${peerId}\n${options.key ?? randomUUID()}`,
    );
    this.#notifier.notify();
    return sent;
  }

  /**
   * Every event that was never marked as handled, of earlier runs too, then each new one; in the order of arrival, each once
   * per iteration. Ends when the signal aborts or the peer is closed.
   */
  events({ signal }: { readonly signal: AbortSignal }): AsyncIterable<MeshEvent> {
    this.#assertOpen();
    return this.#inbox.events(AbortSignal.any([signal, this.#closing.signal]));
  }

  /** The event is safe elsewhere: it is not offered again. @throws MeshError `state_unwritable` | `closed`. */
  markHandled(eventId: number): void {
    this.#assertOpen();
    this.#store.markHandled(eventId);
    this.#notifier.notify();
  }

  /** The neighbors there are now. */
  peers(): readonly PeerSummary[] {
    return this.#engine.peers();
  }

  status(): MeshPeerStatus {
    this.#assertOpen();
    const links = this.#engine.peers();
    const { bytes, givenUp, messages, quarantined } = this.#store.stats();
    return {
      listeningPort: this.#engine.listeningPort,
      links: links.length,
      provenLinks: links.filter(({ isProven }) => isProven).length,
      channels: this.#channels.size,
      unhandled: this.#store.countUnhandled(),
      givenUp,
      stored: messages,
      storedBytes: bytes,
      quarantined,
      unopened: this.#unopened,
      madeElsewhere: this.#madeElsewhere,
      queueDepth: this.#own.waiting.count(),
      lastInboundAtMs: this.#lastInboundAtMs,
      lastErrorCode: this.#lastErrorCode,
    };
  }

  /** Called when {@link status} may have changed, at most once per turn of the event loop; not after the close. */
  onStatusChange(listener: () => void): () => void {
    return this.#notifier.listen(listener);
  }

  /** Ends the run and closes the state. Safe to call again. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new MeshError("closed", "peer: closed"));
    // Its own caller hears how the run ended.
    await this.#run?.catch(() => undefined);
    this.#publisher.flush();
    this.#commit.flush();
    this.#notifier.close();
    this.#store[Symbol.dispose]();
    this.#own.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #noteMadeElsewhere(): void {
    this.#madeElsewhere += 1;
    if (this.#madeElsewhere === 1) {
      this.#log.warn(
        "mesh: others have messages of ours that this state did not make: it is an older copy, or one is at work elsewhere",
      );
    }
    this.#notifier.notify();
  }

  async #keepAndSend(message: CheckedMessage): Promise<void> {
    const { outcome } = await this.#keep(message, { forUs: false });
    if (outcome === "refused") {
      throw new MeshError("queue_full", "publish: over the quota of the store; raise its limits");
    }
    this.#engine.publish(message);
    this.#notifier.notify();
  }

  async #keep(
    checked: CheckedMessage,
    fate: Pick<NewMessage, "forUs" | "isHeld" | "isStray">,
  ): Promise<AddResult> {
    try {
      return await this.#commit.add({ ...checked, receivedAtMs: this.#clock.now(), ...fate });
    } catch (error) {
      if (error instanceof MeshError) this.#noteError(error.code);
      throw error;
    }
  }

  /** A full disk ends no run: what failed is done again from its beginning, and the status says why until then. */
  #untilDone(task: Task): Task {
    return async (signal) => {
      const alarm = new Alarm();
      while (!signal.aborted) {
        try {
          await task(signal);
          return;
        } catch (error) {
          if (!(error instanceof MeshError) || !MAY_PASS.has(error.code)) throw error;
          this.#noteError(error.code);
          await alarm.sleep(RETRY_MS, signal);
        }
      }
    };
  }

  /** Prekeys are rotated, old messages and keys forgotten. */
  async #keepHouse(signal: AbortSignal): Promise<void> {
    const alarm = new Alarm();
    let givenUpBefore = 0;
    while (!signal.aborted) {
      await this.#layOutPrekey();
      this.#desk.forgetOld();
      this.#publisher.prune(this.#clock.now() - KEEP_SENT_MS);
      while (!signal.aborted && this.#store.prune(this.#clock.now()) > 0) {
        await new Promise<void>((next) => {
          setImmediate(next);
        });
      }
      const { givenUp } = this.#store.stats();
      if (givenUp > givenUpBefore) {
        this.#log.warn(
          `mesh: ${givenUp - givenUpBefore} messages that nobody took made room for newer ones`,
        );
      }
      givenUpBefore = givenUp;
      await alarm.sleep(this.#timing.pruneMs, signal);
    }
  }

  /** Our prekey, where whoever wants to write to us looks for it. */
  async #layOutPrekey(): Promise<void> {
    const prekey = this.#desk.currentPrekey();
    const name = this.#profileName;
    const payload = { ...prekeyPayload(prekey), ...(name !== undefined && { profile: { name } }) };
    const box = this.#desk.ownBox;
    await this.#publisher.publish(
      box,
      { body: "", payload },
      `prekey\n${String(prekey["version"])}`,
    );
  }

  #tellInterest(): void {
    const direct = [...this.#desk.channels(), ...this.#plain.values()];
    this.#wanted = new Set([...this.#channels, ...direct]);
    this.#engine.setInterest(this.#wanted);
    this.#store.protect(this.#wanted);
    this.#notifier.notify();
  }

  #tellInbox(): void {
    for (const listener of this.#inboxListeners) listener();
  }

  #noteError(code: MeshErrorCode): void {
    this.#lastErrorCode = code;
    this.#log.debug(`mesh: ${code}`);
    this.#notifier.notify();
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw new MeshError("closed", "peer: closed");
  }
}

function assertGroupChannel(id: string): void {
  const isNamed = id !== "" && id.length <= MAX_CHANNEL_ID_LENGTH && id.isWellFormed();
  if (!isNamed || id.includes("\0")) {
    throw new MeshError(
      "invalid_channel_id",
      `channel: expected 1 to ${MAX_CHANNEL_ID_LENGTH} characters without NUL`,
    );
  }
  if (isDirectChannelId(id) || id.startsWith(BOX_PREFIX)) {
    throw new MeshError("invalid_channel_id", "channel: this is a direct one; send to its peer");
  }
}
