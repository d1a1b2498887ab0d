import type { CryptoProvider } from "../crypto/provider.ts";
import { GossipError } from "../errors.ts";
import { MAX_ANNOUNCEMENT_BYTES, MAX_BOARD_VALUE_BYTES } from "../limits.ts";
import { parsePublicKeys, type PublicKeyBundle } from "../identity/public-keys.ts";
import type { GossipUserId } from "../identity/user-id.ts";
import { verifyBoardValue } from "../session/board-value.ts";
import { encodeBase64 } from "./base64.ts";
import {
  type BoardValue,
  type BulletinItem,
  type BulletinPageRequest,
  MAX_BULLETIN_PAGE,
  type RelayCallOptions,
  type RelayClient,
} from "./relay-client.ts";

export type RelayCallName = Exclude<keyof RelayClient, "url" | "traffic" | "clockOffsetMs">;

export interface MemoryRelayOptions {
  readonly crypto: CryptoProvider;
  /** Awaited before each call takes effect: throw to refuse it, wait to delay it. */
  readonly beforeCall?: (call: RelayCallName) => void | Promise<void>;
}

/** A relay in memory for tests and demos, with the rules of the real one. Clients share one board. */
export interface MemoryRelay {
  createClient(): RelayClient;
  /** Wipes everything, counters too: a relay that was installed anew. */
  reset(): void;
}

export function createMemoryRelay(options: MemoryRelayOptions): MemoryRelay {
  const board = new Board();
  return {
    createClient: () => new MemoryRelayClient(board, options),
    reset: () => board.reset(),
  };
}

let boards = 0;

class Board {
  // Relays are told apart by their url, for instance when a process shares one download of the bulletin.
  readonly url = `memory:${++boards}`;
  readonly keys = new Map<GossipUserId, PublicKeyBundle>();
  readonly values = new Map<string, Uint8Array>();
  bulletin: Uint8Array[] = [];

  reset(): void {
    this.keys.clear();
    this.values.clear();
    this.bulletin = [];
  }
}

class MemoryRelayClient implements RelayClient {
  readonly url: string;
  readonly traffic = { bytesIn: 0, bytesOut: 0 };
  readonly clockOffsetMs = 0;
  readonly #board: Board;
  readonly #options: MemoryRelayOptions;

  constructor(board: Board, options: MemoryRelayOptions) {
    this.url = board.url;
    this.#board = board;
    this.#options = options;
  }

  async publishKeys(bundle: Uint8Array, options?: RelayCallOptions): Promise<void> {
    await this.#begin("publishKeys", bundle.length, options);
    const keys = tryParse(bundle) ?? reject("not a public key bundle");
    this.#board.keys.set(keys.userId, keys);
  }

  async fetchKeys(
    userId: GossipUserId,
    options?: RelayCallOptions,
  ): Promise<PublicKeyBundle | undefined> {
    await this.#begin("fetchKeys", userId.length, options);
    const keys = this.#board.keys.get(userId);
    this.traffic.bytesIn += keys?.bytes.length ?? 0;
    return keys && parsePublicKeys(keys.bytes);
  }

  async postAnnouncement(announcement: Uint8Array, options?: RelayCallOptions): Promise<bigint> {
    await this.#begin("postAnnouncement", announcement.length, options);
    if (announcement.length > MAX_ANNOUNCEMENT_BYTES) reject("announcement too large");
    return BigInt(this.#board.bulletin.push(Uint8Array.from(announcement)));
  }

  async fetchBulletin(
    { after, limit }: BulletinPageRequest,
    options?: RelayCallOptions,
  ): Promise<BulletinItem[]> {
    await this.#begin("fetchBulletin", 0, options);
    const { bulletin } = this.#board;
    const start = after < BigInt(bulletin.length) ? Number(after) : bulletin.length;
    const count = Math.min(Math.max(limit, 1), MAX_BULLETIN_PAGE);
    return bulletin.slice(start, start + count).map((data, index) => {
      this.traffic.bytesIn += data.length;
      return { counter: BigInt(start + index + 1), data: Uint8Array.from(data) };
    });
  }

  async fetchBulletinCounter(options?: RelayCallOptions): Promise<bigint> {
    await this.#begin("fetchBulletinCounter", 0, options);
    return BigInt(this.#board.bulletin.length);
  }

  async postValue(
    seeker: Uint8Array,
    value: Uint8Array,
    options?: RelayCallOptions,
  ): Promise<void> {
    await this.#begin("postValue", value.length, options);
    if (value.length > MAX_BOARD_VALUE_BYTES) reject("value too large");
    if (!verifyBoardValue(seeker, value, this.#options.crypto)) reject("value is not signed");
    const key = encodeBase64(seeker);
    // The first write stays; the answer is success all the same.
    if (!this.#board.values.has(key)) this.#board.values.set(key, Uint8Array.from(value));
  }

  async fetchValues(
    seekers: readonly Uint8Array[],
    options?: RelayCallOptions,
  ): Promise<BoardValue[]> {
    await this.#begin("fetchValues", seekers.length * 34, options);
    const asked = new Map(seekers.map((seeker) => [encodeBase64(seeker), seeker]));
    const values: BoardValue[] = [];
    for (const [key, seeker] of asked) {
      const value = this.#board.values.get(key);
      if (value === undefined) continue;
      this.traffic.bytesIn += value.length;
      values.push({ seeker, value: Uint8Array.from(value) });
    }
    return values;
  }

  async #begin(
    call: RelayCallName,
    bytesOut: number,
    { signal }: RelayCallOptions = {},
  ): Promise<void> {
    signal?.throwIfAborted();
    this.traffic.bytesOut += bytesOut;
    await this.#options.beforeCall?.(call);
    signal?.throwIfAborted();
  }
}

function tryParse(bundle: Uint8Array): PublicKeyBundle | undefined {
  try {
    return parsePublicKeys(bundle);
  } catch {
    return undefined;
  }
}

function reject(reason: string): never {
  throw new GossipError("relay_rejected", `memory relay: ${reason}`);
}
