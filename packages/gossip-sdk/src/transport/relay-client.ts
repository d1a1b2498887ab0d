import type { PublicKeyBundle } from "../identity/public-keys.ts";
import type { GossipUserId } from "../identity/user-id.ts";

/** One announcement of the bulletin. */
export interface BulletinItem {
  /** 1 to 2^63 - 1. */
  readonly counter: bigint;
  /** At most 64 KiB. Empty when the relay's entry was larger or not Base64: nothing to read, but the cursor passes it. */
  readonly data: Uint8Array;
}

/** One value of the message board. Neither signed nor meant for us until `verifyBoardValue` says so. */
export interface BoardValue {
  readonly seeker: Uint8Array;
  readonly value: Uint8Array;
}

/** Bytes of bodies since the client was made: after decompression in, before it out; headers are not counted. */
export interface RelayTraffic {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface RelayCallOptions {
  /** Ends the call at once; it then rejects with the signal's reason, not with a GossipError. */
  readonly signal?: AbortSignal | undefined;
}

/** A page of the bulletin: what comes after a counter. */
export interface BulletinPageRequest {
  /** Exclusive; 0n from the start. */
  readonly after: bigint;
  /** 1 to {@link MAX_BULLETIN_PAGE}. */
  readonly limit: number;
}

/** Longest page the official relay and ours give. */
export const MAX_BULLETIN_PAGE = 1000;

/** Addresses asked for in one request. */
export const MAX_SEEKERS_PER_REQUEST = 500;

/**
 * A relay as the client sees it: docs/protocol/gossip.md section 9. A relay is not trusted: answers are checked for
 * shape and size here, what they say is checked by the caller.
 *
 * Every call makes one attempt; retries and back-off belong to the caller. It rejects with a GossipError:
 * `relay_unreachable` (no answer: *perhaps sent*), `relay_rate_limited` (429, or 503 with Retry-After: not taken),
 * `relay_rejected` (another status that is not 2xx, named in the message), `relay_bad_response` (an answer outside the
 * protocol: *perhaps sent*). All posts may be repeated safely: keys and values are idempotent, and of two equal
 * announcements readers drop the second.
 */
export interface RelayClient {
  /** Base of the calls, normalized, without a slash at the end. Relays are told apart by it. */
  readonly url: string;
  readonly traffic: RelayTraffic;
  /** The relay's clock minus ours in ms, from the last `Date` header; good to about a second. */
  readonly clockOffsetMs: number | undefined;

  /** Publishes a key bundle under the user id that it hashes to. */
  publishKeys(bundle: Uint8Array, options?: RelayCallOptions): Promise<void>;
  /**
   * The keys of a user id, verified against it; undefined when the relay has none.
   *
   * @throws GossipError also `invalid_public_keys` | `identity_mismatch`: the relay lies or is broken.
   */
  fetchKeys(userId: GossipUserId, options?: RelayCallOptions): Promise<PublicKeyBundle | undefined>;

  /** @returns the counter that the announcement got. */
  postAnnouncement(announcement: Uint8Array, options?: RelayCallOptions): Promise<bigint>;
  /**
   * Announcements after a counter: ascending, each above `after`, at most `limit`. May hold fewer than there are, also
   * when `limit` was not reached: only an empty page is the end.
   */
  fetchBulletin(page: BulletinPageRequest, options?: RelayCallOptions): Promise<BulletinItem[]>;
  /** The newest counter; "0" as long as there was no announcement. */
  fetchBulletinCounter(options?: RelayCallOptions): Promise<bigint>;

  /** Posts a value to an address. The first write stays; a relay may answer other bytes there with success too. */
  postValue(seeker: Uint8Array, value: Uint8Array, options?: RelayCallOptions): Promise<void>;
  /** The values present at these addresses, each address at most once; what was not asked for is dropped. */
  fetchValues(seekers: readonly Uint8Array[], options?: RelayCallOptions): Promise<BoardValue[]>;
}
