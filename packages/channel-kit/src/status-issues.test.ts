import { expect, it } from "vitest";
import { collectAccountIssues } from "./status-issues.ts";

const demo = { id: "demo", label: "Demo", network: "relay" };
const fine = { deadLetters: 0, waitingOutbound: 0 };
const messagesOf = (application: object): string[] =>
  collectAccountIssues(demo, { accountId: "default", application: { ...application } }).map(
    ({ message }) => message,
  );

it("has none of a healthy account, of one that is starting, and of one that merely sends", () => {
  expect(messagesOf(fine)).toEqual([]);
  expect(messagesOf({})).toEqual([]);
  expect(messagesOf({ ...fine, waitingOutbound: 2 })).toEqual([]);
});

it("names each trouble on its own", () => {
  const ill = { deadLetters: 1, waitingOutbound: 3 };
  expect(messagesOf({ ...ill, lastErrorCode: "relay_unreachable" })).toEqual([
    "1 message came in and had to be given up",
    "the relay does not answer (relay_unreachable), 3 replies wait and go out by themselves",
  ]);
});

it("says that people wait for the turn budget, and that key and data share a disk", () => {
  expect(messagesOf({ ...fine, peopleOverBudget: 2, waitingInbound: 5 })).toEqual([
    expect.stringContaining("2 people wrote more than the turn budget allows"),
  ]);
  const account = { accountId: "default", enabled: true, credentialSource: "session.json" };
  expect(collectAccountIssues(demo, account)).toMatchObject([{ channel: "demo", kind: "config" }]);
});
