import { expect, it } from "vitest";
import { createFileCompany } from "./file-company.ts";
import type { InboundMessage } from "./inbound.ts";

function message(text: string, senderId = "a1", messageId = text): InboundMessage {
  const files = text === "" ? { files: [{ kind: "inline" as const }] } : {};
  return {
    kind: "message",
    key: messageId,
    conversationId: "room",
    senderId,
    sentAtMs: 0,
    arrivedAtMs: 0,
    messageId,
    text,
    ...files,
  };
}

it("gives a call the files that its sender sent just before it, once, and nobody else's", () => {
  let nowMs = 0;
  const company = createFileCompany(() => nowMs);
  expect(company.goesAlong(message("", "a1", "one"))).toBe(false);
  expect(company.goesAlong(message("", "b2", "other"))).toBe(false);
  nowMs = 5000;
  expect(company.gather(message("agent, look")).map(({ messageId }) => messageId)).toEqual(["one"]);
  expect(company.gather(message("agent, look again"))).toEqual([]);
  nowMs = 60_000;
  expect(company.gather(message("agent?", "b2"))).toEqual([]);
});

it("lets a file go along that follows a call within a moment, and no text", () => {
  let nowMs = 0;
  const company = createFileCompany(() => nowMs);
  company.gather(message("agent, look"));
  nowMs = 5000;
  expect(company.goesAlong(message("", "a1"))).toBe(true);
  expect(company.goesAlong(message("", "b2"))).toBe(false);
  expect(company.goesAlong(message("not for the agent"))).toBe(false);
  nowMs = 60_000;
  expect(company.goesAlong(message("", "a1"))).toBe(false);
});
