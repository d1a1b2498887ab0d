import { GossipError } from "../errors.ts";
import { MAX_ANNOUNCEMENT_BYTES, MAX_BOARD_VALUE_BYTES, MAX_PUBLIC_KEYS_BYTES } from "../limits.ts";
import { encodeBase64, tryDecodeBase64 } from "./base64.ts";
import type { BoardValue, BulletinItem, BulletinPageRequest } from "./relay-client.ts";

/** Counters are signed 64-bit at most, the largest that any database hands out. */
const MAX_COUNTER = 2n ** 63n - 1n;

/** JSON values that one item of a list may be made of; an honest one has 5. */
const MAX_VALUES_PER_ITEM = 16;

/**
 * Parses the body of an answer.
 *
 * @param maxItems - Items the caller expects at most. A body with many more values than such a list has is refused
 *   unparsed: "[[],[],[] ..." would take ten times its size in memory.
 * @throws GossipError `relay_bad_response`. The body is never quoted.
 */
export function parseJsonBody(bytes: Uint8Array, maxItems: number): unknown {
  if (hasMoreValuesThan(bytes, (maxItems + 1) * MAX_VALUES_PER_ITEM)) {
    throw badResponse("more values than were asked for");
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    // The parser's own error quotes the body.
    throw badResponse("not JSON");
  }
}

/** `{"counter": "123"}` */
export function parseCounterAnswer(answer: unknown): bigint {
  return parseCounter(field(answer, "counter"));
}

/** `{"value": base64}`; a missing or empty value means "not found" (section 9). */
export function parseKeysAnswer(answer: unknown): Uint8Array | undefined {
  const value = field(answer, "value");
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw badResponse("value: expected a text");
  const bytes = tryDecodeBase64(value, MAX_PUBLIC_KEYS_BYTES);
  if (bytes === undefined) throw badResponse("value: not Base64, or too long for public keys");
  return bytes;
}

/**
 * `[{"counter": "124", "data": base64}, ...]`, ascending and above `after`.
 *
 * Counters are the relay's own words: one that is out of order or out of range condemns the page, because a cursor set
 * by it could skip announcements. `data` is a stranger's: an unreadable one comes out empty, because refusing the page
 * would let anyone stop every reader at that entry for ever.
 */
export function parseBulletinAnswer(answer: unknown, page: BulletinPageRequest): BulletinItem[] {
  if (!Array.isArray(answer)) throw badResponse("expected a list");
  let last = page.after;
  // A longer list than asked for loses nothing by being cut: the next page starts after its last item.
  return answer.slice(0, page.limit).map((item: unknown): BulletinItem => {
    const counter = parseCounter(field(item, "counter"));
    if (counter <= last) throw badResponse("counters are not ascending");
    last = counter;
    const data = field(item, "data");
    const bytes =
      typeof data === "string" ? tryDecodeBase64(data, MAX_ANNOUNCEMENT_BYTES) : undefined;
    return { counter, data: bytes ?? new Uint8Array(0) };
  });
}

/**
 * `[{"key": base64, "value": base64}, ...]` for the addresses asked.
 *
 * Values are strangers' words too: an unreadable one counts as absent, and so does what was not asked for and any
 * second value of an address.
 */
export function parseValuesAnswer(answer: unknown, asked: readonly Uint8Array[]): BoardValue[] {
  if (!Array.isArray(answer)) throw badResponse("expected a list");
  const open = new Map(asked.map((seeker) => [encodeBase64(seeker), seeker]));
  const values: BoardValue[] = [];
  for (const item of answer as readonly unknown[]) {
    const key = field(item, "key");
    const text = field(item, "value");
    if (typeof key !== "string" || typeof text !== "string") continue;
    const seeker = open.get(key);
    const value = seeker && tryDecodeBase64(text, MAX_BOARD_VALUE_BYTES);
    if (seeker === undefined || value === undefined) continue;
    open.delete(key);
    values.push({ seeker, value });
  }
  return values;
}

/** An answer outside the protocol. */
function badResponse(reason: string): GossipError {
  return new GossipError("relay_bad_response", `relay answer: ${reason}`);
}

// Only the decimal text: a JSON number above 2^53 would already have been rounded when we saw it.
function parseCounter(value: unknown): bigint {
  if (typeof value !== "string" || !/^(?:0|[1-9][0-9]{0,18})$/u.test(value)) {
    throw badResponse("counter: expected a decimal text");
  }
  const counter = BigInt(value);
  if (counter > MAX_COUNTER) throw badResponse("counter: out of range");
  return counter;
}

function field(value: unknown, name: string): unknown {
  if (!isRecord(value)) throw badResponse("expected an object");
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// The values in a JSON text are each the first of their container or follow a comma. Texts may hold these characters
// too, so it counts too many rather than too few; Base64 has none of them. `indexOf` runs at memory speed, a loop over
// 6 MB would block the event loop.
function hasMoreValuesThan(bytes: Uint8Array, limit: number): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let count = 1;
  for (const character of [",", "[", "{"]) {
    let at = buffer.indexOf(character);
    while (at !== -1 && count <= limit) {
      count += 1;
      at = buffer.indexOf(character, at + 1);
    }
  }
  return count > limit;
}
