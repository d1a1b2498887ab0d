import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OutgoingContent } from "../client/types.ts";
import { encodeJoinRequest } from "../content/join-request.ts";
import { encodeTypingIndicator } from "../content/typing-indicator.ts";
import type { EncodedContentParts } from "../content/content-parts.ts";
import { encodeOutgoing } from "../send/encode-outgoing.ts";
import type { XmtpMessage } from "../xmtp/port.ts";
import { readContent } from "./read-content.ts";
import { readGroupChange } from "./read-group-change.ts";

const ID = "ab".repeat(32);

function received(parts: Omit<EncodedContentParts, "shouldPush">): XmtpMessage {
  const { type, parameters, content, fallback } = parts;
  return { id: ID, senderInboxId: "sender", sentAtNs: 1n, type, parameters, content, fallback };
}

describe("content", () => {
  it.each<[OutgoingContent, object]>([
    [
      { type: "text", text: "hi 👋" },
      { type: "message", text: "hi 👋" },
    ],
    [
      { type: "reply", text: "yes", replyTo: ID },
      { type: "message", text: "yes", replyTo: ID },
    ],
    [
      { type: "reaction", emoji: "👍", messageId: ID },
      { type: "reaction", emoji: "👍", targetId: ID, removed: false },
    ],
    [
      { type: "attachment", filename: "a.txt", mimeType: "text/plain", bytes: Uint8Array.of(1) },
      { type: "attachment", filename: "a.txt", mimeType: "text/plain", bytes: Uint8Array.of(1) },
    ],
    [
      {
        type: "remote_attachment",
        url: "https://example.org/x",
        contentDigest: "00",
        secret: Uint8Array.of(1),
        salt: Uint8Array.of(2),
        nonce: Uint8Array.of(3),
        contentLength: 9,
      },
      {
        type: "remote_attachment",
        url: "https://example.org/x",
        contentDigest: "00",
        secret: Uint8Array.of(1),
        salt: Uint8Array.of(2),
        nonce: Uint8Array.of(3),
        contentLength: 9,
      },
    ],
  ])("that we write is read as it was meant: %o", (content, expected) => {
    expect(readContent(received(encodeOutgoing(content)))).toEqual(expected);
  });

  it("of an older reaction is read, and a filename loses its folders", () => {
    const json = { reference: ID, action: "removed", content: "❤️", schema: "unicode" };
    const type = { authorityId: "xmtp.org", typeId: "reaction", versionMajor: 1, versionMinor: 0 };
    const content = Buffer.from(JSON.stringify(json));
    expect(readContent(received({ type, parameters: {}, content }))).toEqual({
      type: "reaction",
      emoji: "❤️",
      targetId: ID,
      removed: true,
    });
    const file = encodeOutgoing({
      type: "attachment",
      filename: "../../etc/passwd",
      mimeType: "text/plain",
      bytes: new Uint8Array(),
    });
    expect(readContent(received(file))).toMatchObject({ filename: "passwd" });
  });

  it("of several files is all of them", () => {
    // As XMTP's own library writes it.
    const content = Buffer.from(
      "0a320a0261611201011a01032201022a056874747073321368747470733a2f2f612e6578616d706c652f7838094205612e706e67" +
        "0a290a0262621201041a01062201052a056874747073321368747470733a2f2f612e6578616d706c652f79",
      "hex",
    );
    const type = {
      authorityId: "xmtp.org",
      typeId: "multiRemoteStaticAttachment",
      versionMajor: 1,
      versionMinor: 0,
    };
    const files = [
      {
        url: "https://a.example/x",
        contentDigest: "aa",
        secret: Uint8Array.of(1),
        salt: Uint8Array.of(2),
        nonce: Uint8Array.of(3),
        contentLength: 9,
        filename: "a.png",
      },
      {
        url: "https://a.example/y",
        contentDigest: "bb",
        secret: Uint8Array.of(4),
        salt: Uint8Array.of(5),
        nonce: Uint8Array.of(6),
      },
    ];
    expect(readContent(received({ type, parameters: {}, content }))).toEqual({
      type: "remote_attachments",
      files,
    });
    const half = content.subarray(0, -3);
    expect(readContent(received({ type, parameters: {}, content: half }))).toBeUndefined();
  });

  it("of bookkeeping is no event", () => {
    expect(readContent(received(encodeTypingIndicator({ isTyping: true })))).toBeUndefined();
    expect(readContent(received(encodeJoinRequest({ inviteSlug: "slug" })))).toBeUndefined();
  });

  it("that is hostile never throws, whatever type it claims", () => {
    const samples = [
      encodeOutgoing({ type: "reply", text: "x", replyTo: ID }),
      encodeOutgoing({ type: "reaction", emoji: "x", messageId: ID }),
      encodeOutgoing({ type: "text", text: "x" }),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.uint8Array({ maxLength: 200 }),
        fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
        (sample, content, parameters) => {
          expect(() => readContent(received({ ...sample, content, parameters }))).not.toThrow(
            Error,
          );
        },
      ),
    );
  });
});

it("reads who came and went, and which field changed, from the network's note about a commit", () => {
  const removed = Buffer.from(
    `0a40${"61".repeat(64)}1a420a40${"62".repeat(64)}22180a0a67726f75705f6e616d651201781a0772656e616d6564`,
    "hex",
  );
  expect(readGroupChange(removed)).toEqual([
    { type: "members_changed", added: [], removed: ["b".repeat(64)] },
    { type: "conversation_updated", field: "name" },
  ]);
});
