import { describe, expect, it } from "vitest";
import { person } from "../../test-support/people.ts";
import type { GossipUserId } from "../identity/user-id.ts";
import {
  decodeEarly,
  type EarlyAnnouncement,
  encodeEarly,
  keepEarly,
  MAX_EARLY,
  MAX_EARLY_BYTES,
} from "./early-announcements.ts";

const nobody = (): boolean => false;

function early(number: number, createdAtMs: number, size = 9_000): EarlyAnnouncement {
  const bytes = new Uint8Array(size).fill(number);
  bytes[0] = createdAtMs % 256;
  return { peer: person(number).userId, createdAtMs, previousMs: 0, bytes };
}

function keepAll(
  found: readonly EarlyAnnouncement[],
  isApproved: (peer: GossipUserId) => boolean = nobody,
): readonly EarlyAnnouncement[] {
  let kept: readonly EarlyAnnouncement[] = [];
  for (const one of found) kept = keepEarly(kept, one, isApproved);
  return kept;
}

/** Strangers, the last of whom is dated furthest ahead. */
const CROWD = Array.from({ length: MAX_EARLY + 8 }, (_, i) => early(i + 1, 1_000 + i));

describe("announcements before their time", () => {
  it("are kept up to a number, those that come due first", () => {
    expect(keepAll(CROWD)).toEqual(CROWD.slice(0, MAX_EARLY));
    expect(new Set(keepAll(CROWD.toReversed()))).toEqual(new Set(CROWD.slice(0, MAX_EARLY)));
  });

  it("are kept up to a size, whatever their number", () => {
    const large = CROWD.map(({ createdAtMs }, i) => early(i + 1, createdAtMs, 60_000));
    const total = keepAll(large).reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(total).toBeGreaterThan(MAX_EARLY_BYTES / 2);
    expect(total).toBeLessThanOrEqual(MAX_EARLY_BYTES);
  });

  it("are kept of approved people before all strangers", () => {
    const friend = early(200, 1_000_000);
    const kept = keepAll([friend, ...CROWD], (peer) => peer === friend.peer);
    expect(kept).toHaveLength(MAX_EARLY);
    expect(kept).toContain(friend);
  });

  it("are one per sender, the one found last; one that is offered again changes nothing", () => {
    const [first, second] = [early(1, 5_000), early(1, 4_000)];
    expect(keepAll([first, second])).toEqual([second]);
    const kept = keepAll([first]);
    expect(keepEarly(kept, { ...first, previousMs: 7 }, nobody)).toBe(kept);
  });

  it("read back as they were written, and refuse what is damaged or newer", () => {
    const kept = keepAll(CROWD);
    const encoded = encodeEarly(kept);
    expect(decodeEarly(encoded)).toEqual(kept);
    expect(() => decodeEarly(encoded.subarray(0, -1))).toThrow("damaged");
    expect(() => decodeEarly(new Uint8Array([99]))).toThrow("newer version");
  });
});
