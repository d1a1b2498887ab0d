import { createOwnerDesk } from "channel-kit";
import type { LiveAccount } from "../src/runtime.ts";

/** A running account in which nothing happens; a test adds what it is about. */
export function createQuietAccount(
  own: Pick<LiveAccount, "userId" | "outbox"> & Partial<LiveAccount>,
): LiveAccount {
  return {
    isOurs: () => false,
    isTheirs: () => false,
    askerOf: () => undefined,
    neighbors: () => [],
    tellApproved: () => Promise.resolve(false),
    ownerDesk: createOwnerDesk(),
    welcomeOwner: () => Promise.resolve(true),
    deadLetters: {
      list: () => Promise.resolve([]),
      retry: () => Promise.resolve("not-found"),
      drop: () => Promise.resolve("not-found"),
    },
    figures: () => undefined,
    ...own,
  };
}
