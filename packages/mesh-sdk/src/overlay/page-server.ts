import type { Clock } from "../clock.ts";
import { encodeFrame, type OutgoingFrame } from "../frame/encode-frame.ts";
import type { SyncRequestFrame } from "../frame/frames.ts";
import type { MeshLink } from "../link/mesh-link.ts";
import { createTokenBucket, type Rate, type TokenBucket } from "../link/token-bucket.ts";
import type { MeshMessage } from "../message/message.ts";
import type { OcSyncFrame } from "../sync/sync-frames.ts";
import type { MeshStore, StoredMessage } from "../store/port.ts";
import { mayReadChannel } from "./may-read-channel.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
/** Bytes of messages in one answer; a frame holds 256 KiB. */
const MAX_ANSWER_BYTES = 192 * KIB;
/** What the reference asks for, always and only (section 4.1). */
const REFERENCE_LIMIT = 100;
/** Bytes that a request costs beyond its answer, so that empty answers are not free. */
const REQUEST_COST_BYTES = KIB;
/** Bytes served: a stranger's question of 60 bytes must not be worth megabytes for ever. */
const STRANGER_RATE: Rate = { perSecond: MIB, burst: 16 * MIB };
/** The same for a peer of ours that has proven its key, and pages as fast as it can write. */
const PROVEN_RATE: Rate = { perSecond: 16 * MIB, burst: 64 * MIB };
/** With more than this waiting to be taken, nobody gets another page. */
const MAX_UNREAD_BYTES = 2 * MIB;

/** Serves neighbors from the store (section 4). What one link may take is bounded, and whom plain direct messages are for. */
export class PageServer {
  readonly #store: MeshStore;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor({ store, clock }: { readonly store: MeshStore; readonly clock: Clock }) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * Answers as the reference does, with two differences. The one request that it ever makes, from the beginning and a hundred
   * of them, gets the newest hundred: it knows no second page. And a page ends where a frame does.
   */
  serveReference(link: MeshLink, { channelId, afterMessageId, limit }: SyncRequestFrame): void {
    if (!this.#mayServe(link, channelId)) return;
    const isReferenceRequest = afterMessageId === null && limit === REFERENCE_LIMIT;
    const limits = { limit, maxBytes: MAX_ANSWER_BYTES };
    const rows = isReferenceRequest
      ? this.#store.newest(channelId, limits)
      : this.#store.pageAfter(channelId, afterMessageId, limits);
    this.#send(link, rows, { type: "sync_response", channelId, messages: rows.map(toMessage) });
  }

  serveOurs(_link: MeshLink, _frame: OcSyncFrame): void {}

  forget(linkId: string): void {
    this.#buckets.delete(linkId);
  }

  #mayServe(link: MeshLink, channelId: string): boolean {
    if (!mayReadChannel(link, channelId)) {
      link.sendError("unauthorized", "sync: only the two peers of a direct channel, proven");
      return false;
    }
    const isWithinRate = this.#bucketOf(link).tryTake(REQUEST_COST_BYTES);
    if (isWithinRate && link.bufferedBytes <= MAX_UNREAD_BYTES) return true;
    link.sendError("rate_limited", "sync: more than a neighbor gets; ask again later");
    return false;
  }

  #send(link: MeshLink, rows: readonly StoredMessage[], frame: OutgoingFrame): void {
    const text = encodeFrame(frame);
    this.#bucketOf(link).take(text.length);
    for (const { digest } of rows) link.sent.add(digest);
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

function toMessage({ message }: StoredMessage): MeshMessage {
  return message;
}
