import { isDeepStrictEqual } from "node:util";
import { decodeEvent, encodeEvent } from "../../packages/convos-node-sdk/src/client/event-codec.ts";
import type { EventContent } from "../../packages/convos-node-sdk/src/client/event-codec.ts";
import type { OutgoingContent } from "../../packages/convos-node-sdk/src/client/types.ts";
import type { EncodedContentParts } from "../../packages/convos-node-sdk/src/content/content-parts.ts";
import { encodeJoinRequest } from "../../packages/convos-node-sdk/src/content/join-request.ts";
import { REACTION_JSON, TEXT } from "../../packages/convos-node-sdk/src/content/standard-types.ts";
import { ProtobufWriter } from "../../packages/convos-node-sdk/src/codec/protobuf.ts";
import { utf8Bytes } from "../../packages/convos-node-sdk/src/codec/bytes.ts";
import { ConvosError } from "../../packages/convos-node-sdk/src/errors.ts";
import { publicKeyOf } from "../../packages/convos-node-sdk/src/identity/key.ts";
import { isSignedBy } from "../../packages/convos-node-sdk/src/invite/signature.ts";
import { readJoinRequest } from "../../packages/convos-node-sdk/src/join/read-join-request.ts";
import { readContent } from "../../packages/convos-node-sdk/src/receive/read-content.ts";
import { readGroupChange } from "../../packages/convos-node-sdk/src/receive/read-group-change.ts";
import { encodeOutgoing } from "../../packages/convos-node-sdk/src/send/encode-outgoing.ts";
import type { XmtpMessage } from "../../packages/convos-node-sdk/src/xmtp/port.ts";
import { byteTargetsOf } from "./byte-target.ts";
import type { ConvosFixture } from "./convos-fixtures.ts";
import type { FuzzTarget } from "./engine.ts";

const byteTarget = byteTargetsOf(ConvosError);

const MESSAGE_ID = "b9".repeat(32);

/** Messages of members, of strangers, and of the network: from the bytes to the event that is stored. */
export function convosMessageTargets(fixture: ConvosFixture): FuzzTarget[] {
  const { creator, slugs, random } = fixture;
  const publicKey = publicKeyOf(creator.privateKey);
  const sent: readonly OutgoingContent[] = [
    { type: "text", text: "hello, world ✓" },
    { type: "reply", text: "yes", replyTo: MESSAGE_ID },
    { type: "reaction", emoji: "👍🏽", messageId: MESSAGE_ID },
    { type: "attachment", filename: "a.txt", mimeType: "text/plain", bytes: random(40) },
    {
      type: "remote_attachment",
      url: "https://example.org/a",
      contentDigest: MESSAGE_ID,
      secret: random(32),
      salt: random(32),
      nonce: random(12),
      filename: "a.txt",
      contentLength: 40,
    },
  ];
  const jsonReaction = { reference: MESSAGE_ID, action: "added", content: "👍", schema: "unicode" };
  const contents: readonly (readonly [name: string, parts: EncodedContentParts])[] = [
    ...sent.map((content) => [content.type, encodeOutgoing(content)] as const),
    ["reaction in JSON", partsOf(REACTION_JSON, utf8Bytes(JSON.stringify(jsonReaction)))],
  ];
  const requests: readonly (readonly [name: string, parts: EncodedContentParts])[] = [
    ["typed", encodeJoinRequest({ inviteSlug: slugs[0] ?? "" })],
    ["text", partsOf(TEXT, utf8Bytes(slugs[1] ?? ""))],
  ];
  return [
    ...contents.map(([name, parts]) =>
      byteTarget(`message: ${name}`, [parts.content], (content) =>
        feed(readContent(messageOf({ ...parts, content }))),
      ),
    ),
    ...contents.map(([name, parts]) =>
      byteTarget(`parameters: ${name}`, parameterSamples(parts), (input) => {
        const value = Buffer.from(input).toString("utf8");
        const keys = [...Object.keys(parts.parameters), "reference", "filename", "__proto__"];
        const parameters = Object.fromEntries(keys.map((key) => [key, value]));
        return feed(readContent(messageOf({ ...parts, parameters })));
      }),
    ),
    ...requests.map(([name, parts]) =>
      byteTarget(`join request: ${name}`, [parts.content], (content) => {
        const request = readJoinRequest(messageOf({ ...parts, content }));
        if (request === undefined) return "rejected";
        const { payload } = request.invite;
        if (payload.tag === "" || payload.token.length === 0) throw new Error("no candidate");
        return isSignedBy(request.invite, publicKey) ? "accepted" : "rejected";
      }),
    ),
    byteTarget("group change", [groupChange()], (content) => {
      for (const event of readGroupChange(content)) feed(event);
      return "accepted";
    }),
  ];
}

/** What was read must come back from the disk as it was. */
function feed(content: EventContent | undefined): "accepted" | "rejected" {
  if (content === undefined) return "rejected";
  const event = {
    conversationId: "62f78dc5b89d2f232c242053092b3d13",
    senderInboxId: MESSAGE_ID,
    messageId: MESSAGE_ID,
    sentAtMs: 1,
    receivedAtMs: 2,
    content,
  };
  if (!isDeepStrictEqual(decodeEvent(encodeEvent(event)), event)) {
    throw new Error("storing an event changes it");
  }
  return "accepted";
}

function messageOf(parts: EncodedContentParts): XmtpMessage {
  const { type, parameters, content, fallback } = parts;
  return {
    id: MESSAGE_ID,
    senderInboxId: MESSAGE_ID,
    sentAtNs: 1n,
    type,
    parameters,
    content,
    fallback,
  };
}

function partsOf(type: EncodedContentParts["type"], content: Uint8Array): EncodedContentParts {
  return { type, parameters: {}, content, shouldPush: true };
}

function parameterSamples(parts: EncodedContentParts): Uint8Array[] {
  return [...Object.values(parts.parameters), "../../AGENTS.md", MESSAGE_ID].map(utf8Bytes);
}

/** A note of the network: two members came, one went, the name changed. */
function groupChange(): Uint8Array {
  const inbox = new ProtobufWriter().text(1, MESSAGE_ID).finish();
  const change = new ProtobufWriter().text(1, "group_name").text(2, "old").text(3, "new").finish();
  return new ProtobufWriter()
    .text(1, MESSAGE_ID)
    .bytes(2, inbox)
    .bytes(2, inbox)
    .bytes(3, inbox)
    .bytes(4, change)
    .finish();
}
