import { expect, it } from "vitest";
import { describeAccount } from "./status-line.ts";

it("names conversations that cannot be opened, while the network is there", () => {
  const figures = {
    connected: true,
    unreachableSinceMs: undefined,
    lastErrorCode: undefined,
    lastInboundAtMs: undefined,
    waitingInbound: 0,
    peopleOverBudget: 0,
    oldestInboundAtMs: undefined,
    deadLetters: 0,
    waitingOutbound: 0,
    oldestOutboundAtMs: undefined,
    conversations: 2,
    isOwnerConversationOver: false,
    isOwnerConversationUnknown: false,
    isOwnerElsewhere: false,
    maxInstallations: 1,
    oldestJoinAtMs: undefined,
    outOfSync: 0,
    pendingJoins: 0,
    restoreOffers: 0,
    restoring: 0,
    stuck: [{ conversationId: "0a".repeat(16), errorCode: "key_in_use" as const }],
  };
  const facts = { accountId: "default", running: true, backupConfirmed: true, figures };
  expect(describeAccount(facts, 0)).toBe(
    "Convos default: connected, no inbound yet, queue 0, 2 conversations, 1 that cannot be opened (openclaw doctor), backup confirmed",
  );
});
