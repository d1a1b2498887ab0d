import type { Clock } from "../clock.ts";
import { MeshError } from "../errors.ts";
import { encodeFrame, type OutgoingFrame } from "../frame/encode-frame.ts";
import type { SyncRequestFrame } from "../frame/frames.ts";
import type { MeshLink } from "../link/mesh-link.ts";
import { createTokenBucket, type Rate, type TokenBucket } from "../link/token-bucket.ts";
import type { ItemKey, MeshStore } from "../store/port.ts";
import { answerRanges, answerSync, answerSyncRequest, comparisonCostOf } from "../sync/serve.ts";
import type { OcRangesFrame, OcSyncFrame } from "../sync/sync-frames.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
/** Bytes that a question costs beyond its answer, so that empty answers are not free. */
const QUESTION_COST_BYTES = 2 * KIB;
/** Bytes served: a stranger's question of 60 bytes must not be worth megabytes for ever. */
const STRANGER_RATE: Rate = { perSecond: MIB, burst: 16 * MIB };
/** The same for a peer of ours that has proven its key, and pages as fast as it can write. */
const PROVEN_RATE: Rate = { perSecond: 16 * MIB, burst: 64 * MIB };
/** With more than this waiting to be taken, nobody gets another page. */
const MAX_UNREAD_BYTES = 4 * MIB;

/**
 * Serves neighbors from the store (section 4). Bounded for each link: the bytes it gets in a time, and the bytes that wait
 * for it to take them. Plain direct messages are for their two peers alone, proven.
 */
export class PageServer {
  readonly #store: MeshStore;
  readonly #clock: Clock;
  readonly #mayRead: (link: MeshLink, channelId: string) => boolean;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(deps: {
    readonly store: MeshStore;
    readonly clock: Clock;
    readonly mayRead: (link: MeshLink, channelId: string) => boolean;
  }) {
    this.#store = deps.store;
    this.#clock = deps.clock;
    this.#mayRead = deps.mayRead;
  }

  /** @throws MeshError `rate_limited`. */
  serveReference(link: MeshLink, frame: SyncRequestFrame): void {
    if (!this.#mayServe(link, frame.channelId, QUESTION_COST_BYTES)) return;
    this.#send(link, answerSyncRequest(this.#store, frame));
  }

  /** @throws MeshError `rate_limited`. */
  servePage(link: MeshLink, frame: OcSyncFrame): void {
    if (!link.isProven) return;
    if (!this.#mayServe(link, frame.channelId, QUESTION_COST_BYTES)) return;
    this.#send(link, answerSync(this.#store, frame));
  }

  /** @returns What the neighbor has and we have not. @throws MeshError `rate_limited` | `malformed`. */
  compare(link: MeshLink, frame: OcRangesFrame): readonly ItemKey[] {
    if (!link.isProven) return [];
    if (!this.#mayServe(link, frame.channelId, comparisonCostOf(frame))) return [];
    const compared = answerRanges(this.#store, frame);
    if (compared === undefined) throw new MeshError("malformed", "oc_ranges: out of order");
    this.#send(link, compared.answer);
    return compared.need;
  }

  forget(linkId: string): void {
    this.#buckets.delete(linkId);
  }

  #mayServe(link: MeshLink, channelId: string, costBytes: number): boolean {
    if (!this.#mayRead(link, channelId)) {
      link.sendError("unauthorized", "sync: only the two peers of a direct channel, proven");
      return false;
    }
    const isWithinRate = this.#bucketOf(link).tryTake(costBytes);
    if (isWithinRate && link.bufferedBytes <= MAX_UNREAD_BYTES) return true;
    throw new MeshError("rate_limited", "sync: more than a neighbor gets; ask again later");
  }

  #send(link: MeshLink, frame: OutgoingFrame): void {
    const text = encodeFrame(frame);
    this.#bucketOf(link).take(text.length);
    link.sendEncoded(text);
  }

  #bucketOf(link: MeshLink): TokenBucket {
    const known = this.#buckets.get(link.linkId);
    if (known !== undefined) return known;
    const bucket = createTokenBucket(link.isProven ? PROVEN_RATE : STRANGER_RATE, this.#clock);
    this.#buckets.set(link.linkId, bucket);
    return bucket;
  }
}
