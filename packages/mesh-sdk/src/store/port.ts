import type { CheckedMessage, MeshMessage, Verdict } from "../message/message.ts";

/** What a peer keeps of the mesh: one file, one writer. Everything here is synchronous and reaches the disk in one step. */
export interface MeshStore extends Disposable {
  /**
   * Adds messages in one transaction; when it throws, none of them is stored.
   *
   * @throws MeshError `state_unwritable` | `closed`.
   */
  add(batch: readonly NewMessage[]): readonly AddResult[];
  /**
   * The newest of a channel, verified ones only, at most one for each message id; oldest of them first. What is dated ahead
   * of our clock is left out until its time has come: else whoever dates ahead would hide what others say now.
   */
  newest(channelId: string, limits: PageLimits): readonly StoredMessage[];
  /**
   * As the reference peer pages (section 4.1): by timestamp, strictly later than the message with this id; an unknown id
   * gives an empty page. Verified ones only, at most one for each message id.
   */
  pageAfter(
    channelId: string,
    afterMessageId: string | null,
    limits: PageLimits,
  ): readonly StoredMessage[];
  /**
   * What a sender has said since a time: the newest, verified ones only, at most one for each message id; oldest of them
   * first.
   */
  saidSince(senderId: string, sinceMs: number, limits: PageLimits): readonly StoredMessage[];
  /** In the order of arrival here, later than this arrival number; verified ones only. */
  arrivedAfter(channelId: string, arrival: number, limits: PageLimits): readonly StoredMessage[];
  /** Fingerprint and count of what lies in a range, for reconciliation (section 4.3). */
  summarize(channelId: string, range: ItemRange): RangeSummary;
  /** The same for parts of a range, one after another without a gap; about as many in each. At least one part. */
  summarizeParts(channelId: string, range: ItemRange, parts: number): readonly RangePart[];
  /** Items of a range, in order. */
  items(channelId: string, range: ItemRange, limit: number): readonly ItemKey[];
  /** Those that are worth asking for: not stored, and not deleted either. */
  lacking(channelId: string, items: readonly ItemKey[]): readonly ItemKey[];
  /** The stored ones among these, in this order, until the bytes are used up. `looked`: how many were looked up. */
  byItems(
    channelId: string,
    items: readonly ItemKey[],
    maxBytes: number,
  ): { readonly messages: readonly StoredMessage[]; readonly looked: number };
  /** Nothing of a channel is taken any more whose timestamp is this or earlier: too old, or evicted. */
  floorMs(channelId: string): number;
  /** Channels of which anything is stored. */
  channels(): readonly {
    readonly channelId: string;
    readonly count: number;
    readonly newestArrival: number;
  }[];
  /** Messages for us that nobody has marked as handled, by arrival number: the number they came to the inbox with. */
  unhandledAfter(arrival: number, limit: number): readonly StoredMessage[];
  /**
   * The message is not given out any more. On the disk with the next step, a few milliseconds later at most: after a crash
   * in between it is given out again, as after one just before the call.
   *
   * @throws MeshError `state_unwritable` | `closed`.
   */
  markHandled(arrival: number): void;
  countUnhandled(): number;
  /** Channels with messages that are held back, of earlier runs too. */
  heldChannels(): readonly string[];
  /**
   * Gives out what is held back of a channel, under new numbers and a bounded number at a time. What is dated up to
   * `doneToMs` counts as handled instead.
   *
   * @returns How many were given out or done with; call again when there were any.
   * @throws MeshError `state_unwritable` | `closed`.
   */
  release(channelId: string, doneToMs: number): number;
  /** How far we have read from another peer's store: its epoch and arrival number, or the newest message id. */
  readCursor(peerId: string, channelId: string): string | undefined;
  writeCursor(peerId: string, channelId: string, cursor: string): void;
  /** Small values of the peer's own, such as the version of the bootstrap list. Not secret. */
  readNote(name: string): string | undefined;
  writeNote(name: string, value: string): void;
  /**
   * Deletes what is too old or over a quota, a bounded number at a time; nothing deleted counts as new later. What waits
   * to be handled stays, unless it is too old.
   *
   * @returns How many were deleted, accounts of what is no longer stored among them; call again when there were any.
   */
  prune(nowMs: number): number;
  /** Changes whenever the file is another one: arrival numbers of another epoch mean nothing. */
  readonly epoch: string;
  /** These channels give way after all others, until the next call. */
  protect(channelIds: ReadonlySet<string>): void;
  stats(): {
    readonly messages: number;
    readonly bytes: number;
    readonly quarantined: number;
    /** Since the opening: messages for us that nobody took, and that gave way to newer ones or grew too old. */
    readonly givenUp: number;
  };
}

export interface NewMessage extends CheckedMessage {
  readonly receivedAtMs: number;
  /** Goes to our own inbox: somebody here listens to the channel, and the message is not our own. */
  readonly forUs: boolean;
  /** For us, but not to be given out before {@link MeshStore.release}. Does not hold for what nobody can prove. */
  readonly isHeld?: boolean;
  /** Of a channel that neither we nor a neighbor want: there is little room for all of these together. */
  readonly isStray?: boolean;
}

export interface PageLimits {
  readonly limit: number;
  /** As JSON on the wire. A single larger message comes alone. */
  readonly maxBytes: number;
}

/**
 * `stored` and `duplicate` as they say. `conflict`: the sender signed two messages with one id; both are kept as proof,
 * the later one never reaches the inbox. `quarantined`: unverified, kept apart. `refused`: too old, or over a quota.
 */
type AddOutcome = "stored" | "duplicate" | "conflict" | "quarantined" | "refused";

export interface AddResult {
  readonly outcome: AddOutcome;
  /** Grows with every message of this store; present for what was stored. */
  readonly arrival?: number;
}

export interface StoredMessage {
  readonly message: MeshMessage;
  readonly verdict: Verdict;
  readonly digest: Uint8Array;
  readonly arrival: number;
  readonly receivedAtMs: number;
}

/** Place of a message in the order that all peers share: by timestamp, then by digest. */
export interface ItemKey {
  readonly timestampMs: number;
  /** 32 bytes. */
  readonly digest: Uint8Array;
}

/** A part of a range: where it ends (exclusive; undefined for the end of all), and what lies in it. */
export interface RangePart extends RangeSummary {
  readonly to: ItemKey | undefined;
}

/** From `from` (inclusive) to `to` (exclusive); undefined for the ends. */
export interface ItemRange {
  readonly from?: ItemKey | undefined;
  readonly to?: ItemKey | undefined;
}

export interface RangeSummary {
  readonly count: number;
  /** 32 bytes: the digests added up, modulo 2^256. */
  readonly fingerprint: Uint8Array;
}
