import type { ContentTypeId, EncodedContent } from "@xmtp/node-bindings";
import type { DecodedMessage } from "@xmtp/node-sdk";
import {
  type EncodedContentParts,
  isSameType,
  type ReceivedContent,
} from "../content/content-parts.ts";
import {
  encodeExplodeSettings,
  EXPLODE_SETTINGS,
  parseExplodeSettings,
} from "../content/explode-settings.ts";
import {
  encodeInviteJoinError,
  INVITE_JOIN_ERROR,
  parseInviteJoinError,
} from "../content/invite-join-error.ts";
import {
  encodeInviteJoinHandled,
  INVITE_JOIN_HANDLED,
  parseInviteJoinHandled,
} from "../content/invite-join-handled.ts";
import { encodeJoinRequest, JOIN_REQUEST, parseJoinRequest } from "../content/join-request.ts";
import {
  encodeProfileSnapshot,
  parseProfileSnapshot,
  PROFILE_SNAPSHOT,
} from "../content/profile-snapshot.ts";
import {
  encodeProfileUpdate,
  parseProfileUpdate,
  PROFILE_UPDATE,
} from "../content/profile-update.ts";
import { encodeThinking, parseThinking, THINKING } from "../content/thinking.ts";
import {
  encodeTypingIndicator,
  parseTypingIndicator,
  TYPING_INDICATOR,
} from "../content/typing-indicator.ts";
import { malformed } from "../errors.ts";

/** A content type in the form that `@xmtp/node-sdk` takes. */
export interface ConvosCodec<T> {
  readonly contentType: ContentTypeId;
  encode(content: T): EncodedContent;
  /** @throws ConvosError `malformed` | `too_large`; the SDK then leaves the content out. */
  decode(encoded: EncodedContent): T;
  fallback(content: T): string | undefined;
  readonly shouldPush: () => boolean;
}

export const joinRequestCodec = codecOf(JOIN_REQUEST, encodeJoinRequest, parseJoinRequest, true);
const inviteJoinErrorCodec = codecOf(
  INVITE_JOIN_ERROR,
  encodeInviteJoinError,
  parseInviteJoinError,
  true,
);
export const inviteJoinHandledCodec = codecOf(
  INVITE_JOIN_HANDLED,
  encodeInviteJoinHandled,
  parseInviteJoinHandled,
);
export const profileUpdateCodec = codecOf(PROFILE_UPDATE, encodeProfileUpdate, parseProfileUpdate);
export const profileSnapshotCodec = codecOf(
  PROFILE_SNAPSHOT,
  encodeProfileSnapshot,
  parseProfileSnapshot,
);
const explodeSettingsCodec = codecOf(
  EXPLODE_SETTINGS,
  encodeExplodeSettings,
  parseExplodeSettings,
  true,
);
const typingIndicatorCodec = codecOf(TYPING_INDICATOR, encodeTypingIndicator, parseTypingIndicator);
const thinkingCodec = codecOf(THINKING, encodeThinking, parseThinking);

const CODECS = [
  joinRequestCodec,
  inviteJoinErrorCodec,
  inviteJoinHandledCodec,
  profileUpdateCodec,
  profileSnapshotCodec,
  explodeSettingsCodec,
  typingIndicatorCodec,
  thinkingCodec,
];

/** The content types of Convos, for the `codecs` of a client that is made for an agent. Without them it reads none. */
export function convosCodecs(): (typeof CODECS)[number][] {
  return [...CODECS];
}

/** Whether a message is of a type that the app keeps its books with: nothing a person said. */
export function isBookkeeping({ contentType }: Pick<DecodedMessage, "contentType">): boolean {
  return contentType.authorityId === JOIN_REQUEST.authorityId;
}

/** Whether a message has the content of one codec. */
export function holds<T>(
  message: DecodedMessage,
  codec: ConvosCodec<T>,
): message is DecodedMessage & { content: T } {
  return message.content !== undefined && isSameType(message.contentType, codec.contentType);
}

/** What a conversation sends. */
export function toEncodedContent(parts: EncodedContentParts): EncodedContent {
  const { type, parameters, content, fallback } = parts;
  return {
    type,
    parameters: { ...parameters },
    content,
    ...(fallback !== undefined && { fallback }),
  };
}

function codecOf<T>(
  type: ContentTypeId,
  encode: (content: T) => EncodedContentParts,
  parse: (parts: ReceivedContent) => T,
  shouldPush = false,
): ConvosCodec<T> {
  return {
    contentType: type,
    encode: (content) => toEncodedContent(encode(content)),
    decode(encoded) {
      if (encoded.type === undefined) throw malformed(`${type.typeId}: content without a type`);
      return parse({ type: encoded.type, content: encoded.content });
    },
    fallback: (content) => encode(content).fallback,
    shouldPush: () => shouldPush,
  };
}
