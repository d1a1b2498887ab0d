import { expect, it } from "vitest";
import { createConversation, type Conversation } from "../conversation/conversation.ts";
import { defaultCrypto } from "../crypto/select.ts";
import { identityFromRoot } from "../identity/identity.ts";
import {
  MAX_UNTRUSTED,
  MAX_UNTRUSTED_HEARD,
  selectDispensable,
  UNTRUSTED_LIFETIME_MS,
} from "./contact-limits.ts";

const { publicKeys } = identityFromRoot(new Uint8Array(32).fill(1), defaultCrypto());
const NOW_MS = 10 * UNTRUSTED_LIFETIME_MS;

function contact(createdAtMs: number, trusted: boolean): Conversation {
  return { ...createConversation(publicKeys, createdAtMs), trusted };
}

it("lets nobody go while there is room and time", () => {
  const young = Array.from({ length: MAX_UNTRUSTED }, (_, i) => contact(NOW_MS - i, false));
  expect(selectDispensable(young, NOW_MS)).toEqual([]);
});

it("lets the oldest unapproved go beyond the number we keep, and all of them after a day", () => {
  const many = Array.from({ length: MAX_UNTRUSTED + 3 }, (_, i) => contact(NOW_MS - i, false));
  expect(selectDispensable(many, NOW_MS)).toEqual(many.slice(MAX_UNTRUSTED));
  const [newest] = many;
  expect(selectDispensable(many, NOW_MS + UNTRUSTED_LIFETIME_MS)).not.toContain(newest);
  expect(selectDispensable(many, NOW_MS + UNTRUSTED_LIFETIME_MS + 1)).toContain(newest);
});

it("lets those who said something stay while others only ask, but leaves room for newcomers", () => {
  const heard = Array.from({ length: MAX_UNTRUSTED }, (_, i) => ({
    ...contact(NOW_MS - 10_000 - i, false),
    lastInboundMs: NOW_MS,
  }));
  const asking = Array.from({ length: MAX_UNTRUSTED }, (_, i) => contact(NOW_MS - i, false));
  const dispensable = new Set(selectDispensable([...heard, ...asking], NOW_MS));
  const kept = [...heard, ...asking].filter((conversation) => !dispensable.has(conversation));
  expect(kept).toEqual([
    ...heard.slice(0, MAX_UNTRUSTED_HEARD),
    ...asking.slice(0, MAX_UNTRUSTED - MAX_UNTRUSTED_HEARD),
  ]);
});

it("never lets an approved contact go, however old or many", () => {
  const approved = Array.from({ length: 2 * MAX_UNTRUSTED }, () => contact(0, true));
  expect(selectDispensable(approved, NOW_MS)).toEqual([]);
});
