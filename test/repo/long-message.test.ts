import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { isLongMessage } from "../host/support/long-message.ts";
import { groupMessageBytes } from "../support/mls-bytes.ts";

const LEAST_BYTES = 500;
const LONG = "x".repeat(LEAST_BYTES);
const groupId = randomBytes(16);
const conversation = groupId.toString("hex");
/** A request has more in it than the message. */
const ask = (message: Buffer) => Buffer.concat([Buffer.from("around it"), message]);

it("knows a long message of a conversation by what a node can see", () => {
  const request = ask(groupMessageBytes({ groupId, content: LONG }));
  expect(isLongMessage(request, conversation, LEAST_BYTES)).toBe(true);
});

it.each([
  ["a short one", groupMessageBytes({ groupId, content: "x" })],
  ["a commit", groupMessageBytes({ groupId, content: LONG, contentType: 3 })],
  ["one of another conversation", groupMessageBytes({ groupId: randomBytes(16), content: LONG })],
])("takes %s for something else", (_what, message) => {
  expect(isLongMessage(ask(message), conversation, LEAST_BYTES)).toBe(false);
});
