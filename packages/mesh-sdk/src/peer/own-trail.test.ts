import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { keyOf, MemoryVault, NOW_MS, nonceOf } from "../../test-support/people.ts";
import type { MeshMessage } from "../message/message.ts";
import { signMessage } from "../message/sign-message.ts";
import { openOwnStore, type OwnStore } from "../own/own-store.ts";
import { OwnTrail } from "./own-trail.ts";

const key = keyOf("alice");
const CHANNEL = "lobby";

let folder = "";
let own: OwnStore;
let store: MemoryVault;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "own-trail-"));
  own = openOwnStore(path.join(folder, "own.sqlite"), key);
  store = new MemoryVault();
});

afterEach(() => {
  own.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A message of ours with this number, said so many milliseconds after the first. */
function numbered(seq: number | undefined, afterMs = 0): MeshMessage {
  const nonce = nonceOf(`${seq} ${afterMs}`);
  return signMessage(key, {
    channelId: CHANNEL,
    body: "",
    timestampMs: NOW_MS + afterMs,
    nonce,
    seq,
  }).message;
}

it("numbers on from a message that is newer than the state, and what was said before it is answered, over restarts", () => {
  own.sent.setChain(CHANNEL, { seq: 4, prev: "oc1-four" });
  const trail = new OwnTrail({ own, store });
  const newest = numbered(9, 100);
  expect(trail.follow(newest)).toBe(true);
  expect(own.sent.chain(CHANNEL)).toEqual({ seq: 9, prev: newest.messageId });
  expect(new OwnTrail({ own, store }).answeredToMs(CHANNEL)).toBe(NOW_MS + 100);
  expect(trail.answeredToMs("#dev")).toBe(0);
});

it("takes nothing from what it has said itself, from older ones, and from those without a number", () => {
  own.sent.setChain(CHANNEL, { seq: 4, prev: "oc1-four" });
  const trail = new OwnTrail({ own, store });
  expect([4, 3, undefined].map((seq) => trail.follow(numbered(seq, 50)))).toEqual([
    false,
    false,
    false,
  ]);
  expect(own.sent.chain(CHANNEL)).toEqual({ seq: 4, prev: "oc1-four" });
  expect(trail.answeredToMs(CHANNEL)).toBe(0);
});

it("does not go back when a newer number bears an earlier time", () => {
  const trail = new OwnTrail({ own, store });
  trail.follow(numbered(5, 100));
  trail.follow(numbered(6, 10));
  expect(trail.answeredToMs(CHANNEL)).toBe(NOW_MS + 100);
  expect(own.sent.chain(CHANNEL)?.seq).toBe(6);
});
