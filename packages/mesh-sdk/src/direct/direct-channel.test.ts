import { expect, it } from "vitest";
import { keyOf } from "../../test-support/people.ts";
import { refusalOf } from "../../test-support/refusal.ts";
import { peerIdOf } from "../identity/peer-id.ts";
import {
  directChannelId,
  isDirectChannelId,
  isDirectChannelOf,
  plainDirectChannelId,
  prekeyTag,
  tryReadPlainDirect,
} from "./direct-channel.ts";

const ada = keyOf("ada");
const bob = keyOf("bob");
const eve = keyOf("eve");

it("is the same channel for both, another for every pair, and names nobody", () => {
  const channelId = directChannelId(ada, bob.peerId);
  expect(directChannelId(bob, ada.peerId)).toBe(channelId);
  expect(directChannelId(eve, ada.peerId)).not.toBe(channelId);
  expect(channelId).toMatch(/^dm1-[\w-]{43}$/);
  expect(isDirectChannelId(channelId)).toBe(true);
  expect(tryReadPlainDirect(channelId)).toBeUndefined();
});

it("is recognized from its sender alone, and taken for nobody else's", () => {
  const channelId = directChannelId(ada, bob.peerId);
  expect(isDirectChannelOf(bob, ada.peerId, channelId)).toBe(true);
  for (const [key, senderId] of [
    [eve, ada.peerId],
    [bob, eve.peerId],
    [ada, ada.peerId],
    [bob, "peer-1"],
  ] as const) {
    expect(isDirectChannelOf(key, senderId, channelId)).toBe(false);
  }
  expect(isDirectChannelOf(bob, ada.peerId, "lobby")).toBe(false);
});

it("stays the same from version to version", () => {
  expect(directChannelId(ada, bob.peerId)).toBe("dm1-u-GC3IaYw1Plk14csEcGSecqUfB0Af1w85iv8sTynTY");
});

it("gives prekeys names that both know and that differ for every pair", () => {
  expect(prekeyTag(ada, bob.peerId, 7)).toBe(prekeyTag(bob, ada.peerId, 7));
  expect(prekeyTag(ada, bob.peerId, 8)).not.toBe(prekeyTag(bob, ada.peerId, 7));
  expect(prekeyTag(eve, bob.peerId, 7)).not.toBe(prekeyTag(bob, ada.peerId, 7));
});

it("is not made with oneself, a name, or a key with which everybody agrees", () => {
  const smallOrder = peerIdOf(new Uint8Array(32).fill(1, 0, 1));
  const noPoint = peerIdOf(new Uint8Array(32).fill(2));
  for (const peerId of [ada.peerId, "peer-1", smallOrder, noPoint, ""]) {
    expect(refusalOf(() => directChannelId(ada, peerId))).toBe("invalid_peer_id");
  }
});

it("reads and writes the reference's names, except where they could be two pairs", () => {
  expect(plainDirectChannelId("bob", "alice")).toBe("dm:alice:bob");
  expect(tryReadPlainDirect("dm:alice:bob")).toEqual(["alice", "bob"]);
  expect(refusalOf(() => plainDirectChannelId("a:b", "c"))).toBe("invalid_peer_id");
  expect(refusalOf(() => plainDirectChannelId("a", "a"))).toBe("invalid_peer_id");
  for (const name of ["dm:a:b:c", "dm:b:a", "dm:a:", "dm::a", "dm:a", "dm:a:a", "lobby"]) {
    expect(tryReadPlainDirect(name)).toBeUndefined();
  }
});
