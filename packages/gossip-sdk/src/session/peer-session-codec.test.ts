import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { meet, NOON_MS, person, receive, send } from "../../test-support/people.ts";
import { refusalOf } from "../../test-support/refusal.ts";
import { utf8Bytes } from "../codec/bytes.ts";
import type { PeerSession } from "./peer-session.ts";
import { decodePeerSession, encodePeerSession } from "./peer-session-codec.ts";

const HI = utf8Bytes("hi");
const ends = meet(person(1), person(2));
receive(ends.bob, send(ends.alice, HI).data);
receive(ends.alice, send(ends.bob, HI).data);
send(ends.alice, HI);
const { session } = ends.alice;
const BYTES = encodePeerSession(session);

describe("a stored peer session", () => {
  const { active, incoming, outgoing } = session;
  it.each<[string, PeerSession]>([
    ["nothing", {}],
    ["our announcement only", { outgoing: outgoing! }],
    ["the peer's announcement only", { incoming: incoming! }],
    ["a killed session", { incoming: incoming!, outgoing: outgoing! }],
    ["all of it", { active: active!, incoming: incoming!, outgoing: outgoing! }],
  ])("of %s is read back to the same", (_what, state) => {
    const bytes = encodePeerSession(state);
    const read = decodePeerSession(bytes);
    expect(Object.keys(read).toSorted()).toEqual(Object.keys(state).toSorted());
    expect(encodePeerSession(read)).toEqual(bytes);
    expect(read).toEqual(state);
  });

  it("goes on where it was", () => {
    const restored = { ...ends.alice, session: decodePeerSession(BYTES) };
    const answer = send({ ...ends.bob }, HI, NOON_MS);
    expect(receive(restored, answer.data).kind).toBe("message");
  });

  it("takes about 135 bytes for each unanswered message", () => {
    const end = { ...ends.alice };
    const before = encodePeerSession(end.session).length;
    for (let i = 0; i < 10; i++) send(end, HI);
    expect((encodePeerSession(end.session).length - before) / 10).toBeLessThan(140);
  });

  it("of a later version is refused as that, and by nothing else", () => {
    const newer = Uint8Array.from(BYTES);
    newer[0] = 2;
    expect(() => decodePeerSession(newer)).toThrow(
      expect.objectContaining({ code: "state_newer" }),
    );
  });

  it("cut short, lengthened or of any bytes is refused as unreadable", () => {
    const unreadable = expect.objectContaining({ code: "state_unreadable" });
    fc.assert(
      fc.property(fc.nat(BYTES.length - 1), (length) => {
        expect(() => decodePeerSession(BYTES.subarray(0, length))).toThrow(unreadable);
      }),
    );
    expect(() => decodePeerSession(Uint8Array.of(...BYTES, 0))).toThrow(unreadable);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
        expect(() => decodePeerSession(Uint8Array.of(1, 15, ...tail))).toThrow(unreadable);
      }),
    );
  });

  it("with a bit flipped is read or refused with our error", () => {
    fc.assert(
      fc.property(fc.nat(BYTES.length * 8 - 1), (bit) => {
        const flipped = Uint8Array.from(BYTES);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        const refusal = refusalOf(() => decodePeerSession(flipped));
        expect(refusal).toBeOneOf([undefined, "state_unreadable", "state_newer"]);
      }),
      { numRuns: 300 },
    );
  });
});
