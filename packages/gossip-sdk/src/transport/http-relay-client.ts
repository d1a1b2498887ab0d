import { type Clock, systemClock } from "../clock.ts";
import { GossipError } from "../errors.ts";
import { MAX_PUBLIC_KEYS_BYTES } from "../limits.ts";
import { parsePublicKeys, type PublicKeyBundle } from "../identity/public-keys.ts";
import { type GossipUserId, userIdToBytes } from "../identity/user-id.ts";
import { encodeBase64 } from "./base64.ts";
import {
  AnswerTooLongError,
  AnswerTooSlowError,
  exchange,
  type HttpAnswer,
} from "./http-exchange.ts";
import {
  parseBulletinAnswer,
  parseCounterAnswer,
  parseJsonBody,
  parseKeysAnswer,
  parseValuesAnswer,
} from "./relay-answers.ts";
import {
  type BoardValue,
  type BulletinItem,
  type BulletinPageRequest,
  MAX_BULLETIN_PAGE,
  MAX_SEEKERS_PER_REQUEST,
  type RelayCallOptions,
  type RelayClient,
  type RelayTraffic,
} from "./relay-client.ts";
import { parseRelayUrl } from "./relay-url.ts";

/** A page of 500 announcements is about 6 MB of JSON (section 9). */
const DEFAULT_MAX_RESPONSE_BYTES = 16 * 1024 * 1024;

/** Answers that hold one short value. */
const MAX_SMALL_RESPONSE_BYTES = 4 * MAX_PUBLIC_KEYS_BYTES;

/** The official client's own time-out (section 9). */
const DEFAULT_TIMEOUT_MS = 10_000;

export interface HttpRelayClientOptions {
  /** Base of the calls, such as "https://api.usegossip.com/api"; http is taken for loopback only. */
  readonly url: string;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  /** For one request, headers and body. Default 10 s. */
  readonly timeoutMs?: number;
  /** Longest answer that is read, decompressed. Default 16 MiB. */
  readonly maxResponseBytes?: number;
}

/**
 * A relay behind HTTP. Makes no connection yet.
 *
 * @throws GossipError `insecure_relay_url`.
 */
export function createHttpRelayClient(options: HttpRelayClientOptions): RelayClient {
  return new HttpRelayClient(options);
}

/** One call of section 9 and the bounds of its answer. */
interface RelayCall {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: object;
  /** Default: for an answer of one short value. */
  readonly maxBytes?: number;
  readonly maxItems?: number;
  /** A status that stands for "there is none" and gives undefined. */
  readonly absentStatus?: number;
}

class HttpRelayClient implements RelayClient {
  readonly url: string;
  clockOffsetMs: number | undefined;
  readonly #traffic = { bytesIn: 0, bytesOut: 0 };
  readonly #fetch: typeof fetch;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #maxResponseBytes: number;

  constructor(options: HttpRelayClientOptions) {
    this.url = parseRelayUrl(options.url);
    this.#fetch = options.fetch ?? fetch;
    this.#clock = options.clock ?? systemClock;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#maxResponseBytes = options.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES;
  }

  get traffic(): RelayTraffic {
    return { ...this.#traffic };
  }

  async publishKeys(bundle: Uint8Array, options?: RelayCallOptions): Promise<void> {
    const body = { value: encodeBase64(bundle) };
    await this.#call({ method: "POST", path: "/auth", body }, options);
  }

  async fetchKeys(
    userId: GossipUserId,
    options?: RelayCallOptions,
  ): Promise<PublicKeyBundle | undefined> {
    const body = { key: encodeBase64(userIdToBytes(userId)) };
    const path = "/auth/retrieve";
    // The official relay may answer either way for an id it does not know (section 9, "could not be seen").
    const answer = await this.#call({ method: "POST", path, body, absentStatus: 404 }, options);
    const bytes = answer === undefined ? undefined : parseKeysAnswer(answer);
    if (bytes === undefined) return undefined;
    const bundle = parsePublicKeys(bytes);
    // The official SDK trusts the relay here (section 9); we do not.
    if (bundle.userId !== userId) {
      throw new GossipError("identity_mismatch", "relay: gave the keys of another user id");
    }
    return bundle;
  }

  async postAnnouncement(announcement: Uint8Array, options?: RelayCallOptions): Promise<bigint> {
    const body = { data: encodeBase64(announcement) };
    return parseCounterAnswer(
      await this.#call({ method: "POST", path: "/bulletin", body }, options),
    );
  }

  async fetchBulletin(
    { after, limit }: BulletinPageRequest,
    options?: RelayCallOptions,
  ): Promise<BulletinItem[]> {
    const page = { after, limit: Math.min(Math.max(limit, 1), MAX_BULLETIN_PAGE) };
    const path = `/bulletin?limit=${page.limit}&after=${page.after}`;
    const bounds = { maxBytes: this.#maxResponseBytes, maxItems: page.limit };
    try {
      const answer = await this.#call({ method: "GET", path, ...bounds }, options);
      return parseBulletinAnswer(answer, page);
    } catch (error) {
      // A few oversized entries, which anyone may post, must not stop us for ever: ask for fewer.
      if (!isTooMuch(error) || page.limit === 1) throw error;
      return this.fetchBulletin({ after, limit: page.limit >> 2 }, options);
    }
  }

  async fetchBulletinCounter(options?: RelayCallOptions): Promise<bigint> {
    return parseCounterAnswer(
      await this.#call({ method: "GET", path: "/bulletin/counter" }, options),
    );
  }

  async postValue(
    seeker: Uint8Array,
    value: Uint8Array,
    options?: RelayCallOptions,
  ): Promise<void> {
    const body = { key: encodeBase64(seeker), value: encodeBase64(value) };
    // With the slash at the end, as the official client posts it (section 9).
    await this.#call({ method: "POST", path: "/messages/", body }, options);
  }

  async fetchValues(
    seekers: readonly Uint8Array[],
    options?: RelayCallOptions,
  ): Promise<BoardValue[]> {
    const values: BoardValue[] = [];
    for (let start = 0; start < seekers.length; start += MAX_SEEKERS_PER_REQUEST) {
      const batch = seekers.slice(start, start + MAX_SEEKERS_PER_REQUEST);
      // One after the other: a relay that is slow or limits us must not meet them all at once.
      values.push(...(await this.#fetchBatch(batch, options)));
    }
    return values;
  }

  async #fetchBatch(
    batch: readonly Uint8Array[],
    options: RelayCallOptions | undefined,
  ): Promise<BoardValue[]> {
    const body = { seekers: batch.map((seeker) => encodeBase64(seeker)) };
    const bounds = { maxBytes: this.#maxResponseBytes, maxItems: batch.length };
    try {
      const path = "/messages/fetch";
      const answer = await this.#call({ method: "POST", path, body, ...bounds }, options);
      return parseValuesAnswer(answer, batch);
    } catch (error) {
      // Here it is our own contacts who could send huge values; they must not keep the others' from us.
      if (!isTooMuch(error) || batch.length === 1) throw error;
      const middle = batch.length >> 1;
      const head = await this.#fetchBatch(batch.slice(0, middle), options);
      return [...head, ...(await this.#fetchBatch(batch.slice(middle), options))];
    }
  }

  /** Makes one request. @returns its parsed JSON; an empty body is a failure, as for the official client (section 9). */
  async #call(call: RelayCall, { signal }: RelayCallOptions = {}): Promise<unknown> {
    const answer = await exchange(
      {
        method: call.method,
        url: this.url + call.path,
        ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
        maxBytes: call.maxBytes ?? MAX_SMALL_RESPONSE_BYTES,
        timeoutMs: this.#timeoutMs,
        signal,
        traffic: this.#traffic,
      },
      this.#fetch,
      this.#clock,
    );
    if (answer.clockOffsetMs !== undefined) this.clockOffsetMs = answer.clockOffsetMs;
    if (answer.status === call.absentStatus) return undefined;
    assertTaken(call.path, answer);
    return parseJsonBody(answer.body, call.maxItems ?? 1);
  }
}

/** An answer to a smaller question may do. */
function isTooMuch(error: unknown): boolean {
  return error instanceof AnswerTooLongError || error instanceof AnswerTooSlowError;
}

function assertTaken(path: string, { status, retryAfterMs }: HttpAnswer): void {
  if (status >= 200 && status < 300) return;
  const isBusy = status === 429 || (status === 503 && retryAfterMs !== undefined);
  const operation = path.split("?", 1)[0];
  throw new GossipError(
    isBusy ? "relay_rate_limited" : "relay_rejected",
    `relay: ${operation} was answered ${status}`,
    { status, ...(retryAfterMs !== undefined && { retryAfterMs }) },
  );
}
