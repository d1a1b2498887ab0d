import { expect, it } from "vitest";
import { takeBackUnsent } from "./take-back.ts";

const ID = "ab".repeat(12);

/** @param isInFlight - Undefined when the outbox has no such unsent row. */
function tryTakeBack(
  isInFlight: boolean | undefined,
  client: "taken-back" | "unknown" | "on-its-way",
) {
  const asked: unknown[] = [];
  const outcome = takeBackUnsent(
    {
      outbox: {
        withdraw: ({ nativeId, target }, takeBack) => {
          asked.push([target, nativeId]);
          return isInFlight !== undefined && takeBack({ isInFlight });
        },
      },
      connection: {
        takeBack: (_to, messageId) => {
          asked.push(Buffer.from(messageId).toString("hex"));
          return client;
        },
      },
    },
    "gossip1alice",
    ID,
  );
  return { asked, outcome };
}

it("takes back what waits for its session, and what never came to the protocol client", () => {
  expect(tryTakeBack(true, "taken-back")).toEqual({
    asked: [["gossip1alice", ID], ID],
    outcome: true,
  });
  expect(tryTakeBack(false, "unknown").outcome).toBe(true);
});

it("does not claim so of what is on its way, or just being queued", () => {
  expect(tryTakeBack(false, "on-its-way").outcome).toBe(false);
  expect(tryTakeBack(true, "unknown").outcome).toBe(false);
});

it("does not touch what once left, though it may wait for a new session", () => {
  expect(tryTakeBack(undefined, "taken-back")).toEqual({
    asked: [["gossip1alice", ID]],
    outcome: false,
  });
});
