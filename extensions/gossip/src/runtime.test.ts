import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openDurableStore, openOutbox } from "channel-durability";
import { afterAll, expect, it } from "vitest";
import { createQuietAccount } from "../test-support/quiet-account.ts";
import { parseGossipMessageBody } from "./message-body.ts";
import { findLiveAccount, registerLiveAccount, type LiveAccount } from "./runtime.ts";

const folder = mkdtempSync(path.join(tmpdir(), "gossip-runtime-"));
const store = openDurableStore({ path: path.join(folder, "channel.db"), key: new Uint8Array(32) });
const outbox = openOutbox({
  store,
  transport: { send: () => Promise.reject(new Error("not used")) },
  parseBody: parseGossipMessageBody,
});

afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

function account(userId: string): LiveAccount {
  return createQuietAccount({
    userId,
    outbox,
    figures: () => ({
      peopleOverBudget: 0,
      connected: true,
      unreachableSinceMs: undefined,
      lastErrorCode: undefined,
      lastInboundAtMs: undefined,
      oldestInboundAtMs: undefined,
      oldestOutboundAtMs: undefined,
      waitingInbound: 0,
      deadLetters: 0,
      waitingOutbound: 0,
      pendingRequests: 0,
      bytesToday: 0,
      clockOffsetMs: undefined,
      forksNoticed: 0,
      forkNoticedAtMs: undefined,
    }),
  });
}

it("finds a running account by its id, and the default one without", () => {
  const forget = registerLiveAccount("default", account("one"));
  expect(findLiveAccount(undefined)?.userId).toBe("one");
  expect(findLiveAccount("DEFAULT")?.userId).toBe("one");
  expect(findLiveAccount("work")).toBeUndefined();
  forget();
  expect(findLiveAccount("default")).toBeUndefined();
});

it("keeps a successor when its predecessor ends late", () => {
  const forgetFirst = registerLiveAccount("work", account("one"));
  const forgetSecond = registerLiveAccount("work", account("two"));
  forgetFirst();
  expect(findLiveAccount("work")?.userId).toBe("two");
  forgetSecond();
});
