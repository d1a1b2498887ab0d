import { expect, it } from "vitest";
import { keyOf } from "../../test-support/people.ts";
import { checkLinkProof, type LinkFacts, linkHostOf, makeLinkProof } from "./link-proof.ts";

const ada = keyOf("ada");
const bob = keyOf("bob");
const eve = keyOf("eve");

/** Ada has dialed Bob. */
const FACTS: LinkFacts = {
  dialerId: ada.peerId,
  acceptorId: bob.peerId,
  dialerNonce: "A".repeat(43),
  acceptorNonce: "E".repeat(43),
  host: "bob.example",
};

it("proves each end to the other", () => {
  expect(checkLinkProof(makeLinkProof(ada, "dialer", FACTS), "dialer", FACTS)).toBe(true);
  expect(checkLinkProof(makeLinkProof(bob, "acceptor", FACTS), "acceptor", FACTS)).toBe(true);
});

it("proves nothing in another connection, to another peer, under another name, or for the other end", () => {
  const proof = makeLinkProof(ada, "dialer", FACTS);
  const others: readonly Partial<LinkFacts>[] = [
    { dialerNonce: "I".repeat(43) },
    { acceptorNonce: "I".repeat(43) },
    { acceptorId: eve.peerId },
    { dialerId: eve.peerId },
    { host: "eve.example" },
    { dialerId: "peer-1" },
  ];
  for (const other of others) {
    expect(checkLinkProof(proof, "dialer", { ...FACTS, ...other })).toBe(false);
  }
  expect(checkLinkProof(proof, "acceptor", FACTS)).toBe(false);
});

it("proves nothing to a peer that talks to itself, or does not know under which name it was dialed", () => {
  const mirrored = { ...FACTS, acceptorId: ada.peerId };
  expect(checkLinkProof(makeLinkProof(ada, "dialer", mirrored), "dialer", mirrored)).toBe(false);
  const nameless = { ...FACTS, host: "" };
  expect(checkLinkProof(makeLinkProof(ada, "dialer", nameless), "dialer", nameless)).toBe(false);
});

it("is not made for the end of another", () => {
  expect(() => makeLinkProof(eve, "dialer", FACTS)).toThrow(RangeError);
});

it.each([
  ["ws://Bob.Example:80/x?y", "bob.example"],
  ["wss://bob.example", "bob.example"],
  ["ws://bob.example:5000", "bob.example:5000"],
  ["Bob.Example:5000", "bob.example:5000"],
  ["[::1]:5000", "[::1]:5000"],
  ["a b", ""],
  ["", ""],
])("knows the host of %s", (address, host) => {
  expect(linkHostOf(address)).toBe(host);
});
