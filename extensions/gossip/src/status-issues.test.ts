import { expect, it } from "vitest";
import { collectHealthIssues } from "./status-issues.ts";

const fine = { deadLetters: 0, waitingOutbound: 0, clockOffsetMs: 100 };
const messagesOf = (application: object): string[] =>
  collectHealthIssues({ accountId: "default", application: { ...application } }).map(
    ({ message }) => message,
  );

it("has none of a healthy account, of one that is starting, and of one that merely sends", () => {
  expect(messagesOf(fine)).toEqual([]);
  expect(messagesOf({})).toEqual([]);
  expect(messagesOf({ ...fine, waitingOutbound: 2 })).toEqual([]);
});

it("names each trouble on its own", () => {
  const ill = { deadLetters: 1, waitingOutbound: 3, clockOffsetMs: 31_000 };
  expect(messagesOf({ ...ill, lastErrorCode: "relay_unreachable" })).toEqual([
    "1 message came in and had to be given up",
    "the relay does not answer (relay_unreachable), 3 replies wait and go out by themselves",
    expect.stringContaining("clock"),
  ]);
});
