import { expect, it } from "vitest";
import { decodeEvent, encodeEvent, type StoredEvent } from "./event-codec.ts";

const source = {
  conversationId: "c",
  senderInboxId: "s",
  messageId: "m",
  sentAtMs: 1,
  receivedAtMs: 2,
};

it.each([
  ["plain bytes", Uint8Array.of(0, 1, 255)],
  ["a Buffer, as the native module gives them", Buffer.of(0, 1, 255)],
  ["a part of something longer", Buffer.of(7, 0, 1, 255, 7).subarray(1, 4)],
])("keeps a file whose contents came as %s", (_name, bytes) => {
  const event: StoredEvent = { ...source, content: { type: "attachment", bytes } };
  expect(decodeEvent(encodeEvent(event))).toEqual({
    ...source,
    content: { type: "attachment", bytes: Uint8Array.of(0, 1, 255) },
  });
});
