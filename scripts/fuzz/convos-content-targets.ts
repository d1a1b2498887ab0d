import { encodeBase64Url } from "../../packages/convos-node-sdk/src/codec/base64url.ts";
import { equalBytes } from "../../packages/convos-node-sdk/src/codec/bytes.ts";
import type {
  ContentTypeId,
  EncodedContentParts,
  ReceivedContent,
} from "../../packages/convos-node-sdk/src/content/content-parts.ts";
import {
  encodeExplodeSettings,
  parseExplodeSettings,
} from "../../packages/convos-node-sdk/src/content/explode-settings.ts";
import {
  encodeInviteJoinError,
  parseInviteJoinError,
} from "../../packages/convos-node-sdk/src/content/invite-join-error.ts";
import {
  encodeInviteJoinHandled,
  parseInviteJoinHandled,
} from "../../packages/convos-node-sdk/src/content/invite-join-handled.ts";
import {
  encodeJoinRequest,
  parseJoinRequest,
} from "../../packages/convos-node-sdk/src/content/join-request.ts";
import {
  encodeProfileSnapshot,
  parseProfileSnapshot,
} from "../../packages/convos-node-sdk/src/content/profile-snapshot.ts";
import {
  encodeProfileUpdate,
  parseProfileUpdate,
} from "../../packages/convos-node-sdk/src/content/profile-update.ts";
import {
  encodeThinking,
  parseThinking,
} from "../../packages/convos-node-sdk/src/content/thinking.ts";
import {
  encodeTypingIndicator,
  parseTypingIndicator,
} from "../../packages/convos-node-sdk/src/content/typing-indicator.ts";
import { ConvosError } from "../../packages/convos-node-sdk/src/errors.ts";
import {
  openRemoteAttachment,
  sealRemoteAttachment,
} from "../../packages/convos-node-sdk/src/attachment/remote-attachment.ts";
import {
  decryptImage,
  encryptImage,
} from "../../packages/convos-node-sdk/src/image/image-encryption.ts";
import {
  decodeMetadata,
  editMetadata,
  encodeMetadata,
} from "../../packages/convos-node-sdk/src/metadata/conversation-metadata.ts";
import { decodeSlug } from "../../packages/convos-node-sdk/src/invite/slug.ts";
import type { MemberProfile } from "../../packages/convos-node-sdk/src/profile/profile.ts";
import { byteTargetsOf, genuineOnly } from "./byte-target.ts";
import type { ConvosFixture } from "./convos-fixtures.ts";
import type { FuzzTarget } from "./engine.ts";

const byteTarget = byteTargetsOf(ConvosError);

const MESSAGE_ID = "b9b31beb4211e751356a98c8b30e0937dc8a1eb2eb92d34c0704bda261f10d5a";
const AT_MS = Date.UTC(2031, 0, 1);
const EMOJI = "🎈";

/** What members of a conversation and its node send. */
export function convosContentTargets(fixture: ConvosFixture): FuzzTarget[] {
  const { creator, slugs, random } = fixture;
  const image = { url: "https://example.org/a.enc", salt: random(32), nonce: random(12) };
  const profile: MemberProfile = {
    inboxId: creator.inboxId,
    name: "Ada",
    image,
    memberKind: "agent",
    metadata: new Map<string, string | number | boolean>([
      ["credits", 75.5],
      ["verified", false],
      ["note", "hi"],
    ]),
  };
  return [
    metadataTarget(fixture, profile),
    contentTarget(
      "join request",
      [
        encodeJoinRequest({
          inviteSlug: slugs[0] ?? "",
          profile: { name: "Ada", imageUrl: image.url, memberKind: "agent" },
          metadata: { via: "openclaw" },
        }),
      ],
      (parts) => encodeJoinRequest(parseJoinRequest(parts)),
    ),
    contentTarget(
      "invite join error",
      [
        encodeInviteJoinError({
          errorType: "conversation_expired",
          inviteTag: "LZ91JMJNly",
          timestampMs: AT_MS,
          reason: "revoked",
        }),
      ],
      (parts) => encodeInviteJoinError(parseInviteJoinError(parts)),
    ),
    contentTarget(
      "invite join handled",
      [
        encodeInviteJoinHandled({
          inviteTag: "LZ91JMJNly",
          handledMessageId: MESSAGE_ID,
          timestampMs: AT_MS,
        }),
      ],
      (parts) => encodeInviteJoinHandled(parseInviteJoinHandled(parts)),
    ),
    contentTarget("explode settings", [encodeExplodeSettings({ expiresAtMs: AT_MS })], (parts) =>
      encodeExplodeSettings(parseExplodeSettings(parts)),
    ),
    contentTarget("typing indicator", [encodeTypingIndicator({ isTyping: true })], (parts) =>
      encodeTypingIndicator(parseTypingIndicator(parts)),
    ),
    contentTarget(
      "thinking",
      [
        encodeThinking({ state: "start", targetMessageId: MESSAGE_ID, content: "the map" }),
        encodeThinking({
          state: "stop",
          targetMessageId: MESSAGE_ID,
          content: "the map",
          resultMessageId: MESSAGE_ID,
        }),
      ],
      (parts) => encodeThinking(parseThinking(parts)),
    ),
    contentTarget("profile update", [encodeProfileUpdate(profile)], (parts) =>
      encodeProfileUpdate(parseProfileUpdate(parts)),
    ),
    contentTarget("profile snapshot", [encodeProfileSnapshot([profile, profile])], (parts) =>
      encodeProfileSnapshot(parseProfileSnapshot(parts)),
    ),
    imageTarget(fixture),
    attachmentTarget(fixture),
  ];
}

/** Whatever can be read can be changed, and then says the same but for the change. */
function metadataTarget(
  { creator, frames, random }: ConvosFixture,
  profile: MemberProfile,
): FuzzTarget {
  const appData = encodeMetadata({
    tag: "LZ91JMJNly",
    profiles: [
      { inboxId: creator.inboxId, name: "Ada", image: "https://example.org/a.png" },
      { inboxId: creator.inboxId, ...(profile.image && { encryptedImage: profile.image }) },
    ],
    expiresAtUnix: 1_924_992_000,
    imageEncryptionKey: random(32),
    emoji: EMOJI,
  });
  const samples = [decodeSlug(appData), Buffer.from(appData, "base64url"), ...frames];
  return byteTarget("group metadata", samples, (input) => {
    const text = encodeBase64Url(input);
    const before = decodeMetadata(text);
    if (before.tag === "") return "accepted";
    const after = decodeMetadata(editMetadata(text, { emoji: EMOJI }));
    const isSame = JSON.stringify({ ...before, emoji: EMOJI }) === JSON.stringify({ ...after });
    if (!isSame) throw new Error("a change of the emoji changed something else");
    return "accepted";
  });
}

/** Whatever can be read can be written, and reads the same again. */
function contentTarget(
  name: string,
  samples: readonly [EncodedContentParts, ...EncodedContentParts[]],
  rewrite: (received: ReceivedContent) => EncodedContentParts,
): FuzzTarget {
  const type: ContentTypeId = samples[0].type;
  const contents = samples.map(({ content }) => content);
  return byteTarget(name, contents, (content) => {
    const written = rewrite({ type, content });
    if (!equalBytes(rewrite(written).content, written.content)) {
      throw new Error("writing and reading a content changes it");
    }
    return "accepted";
  });
}

function imageTarget({ random }: ConvosFixture): FuzzTarget {
  const key = random(32);
  const sealed = encryptImage(random(200), key, random);
  return byteTarget("encrypted image", [sealed.ciphertext], (ciphertext) => {
    decryptImage({ ...sealed, ciphertext }, key);
    return genuineOnly(ciphertext, sealed.ciphertext);
  });
}

function attachmentTarget({ random }: ConvosFixture): FuzzTarget {
  const attachment = { filename: "note.txt", mimeType: "text/plain", bytes: random(200) };
  const { payload, ...keys } = sealRemoteAttachment(attachment, random);
  return byteTarget("remote attachment", [payload], (input) => {
    openRemoteAttachment(input, keys);
    return genuineOnly(input, payload);
  });
}
