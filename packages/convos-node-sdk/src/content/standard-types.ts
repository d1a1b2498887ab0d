import type { ContentTypeId } from "./content-parts.ts";

const standard = (typeId: string, versionMajor: number): ContentTypeId => ({
  authorityId: "xmtp.org",
  typeId,
  versionMajor,
  versionMinor: 0,
});

/* The types that every XMTP app knows. */
export const TEXT = standard("text", 1);
export const MARKDOWN = standard("markdown", 1);
export const REPLY = standard("reply", 1);
export const REACTION_JSON = standard("reaction", 1);
export const REACTION = standard("reaction", 2);
export const ATTACHMENT = standard("attachment", 1);
export const REMOTE_ATTACHMENT = standard("remoteStaticAttachment", 1);
export const MULTI_REMOTE_ATTACHMENT = standard("multiRemoteStaticAttachment", 1);
export const GROUP_UPDATED = standard("group_updated", 1);
export const LEAVE_REQUEST = standard("leave_request", 1);

/** Fields of the message `EncodedContent` (xmtp/proto, mls/message_contents/content.proto), which a reply carries. */
export const ENCODED_CONTENT = { type: 1, parameters: 2, fallback: 3, content: 4 } as const;
export const CONTENT_TYPE_ID = {
  authorityId: 1,
  typeId: 2,
  versionMajor: 3,
  versionMinor: 4,
} as const;
/** Fields of `MultiRemoteAttachment` and of each file in it (mls/message_contents/content_types/multi_remote_attachment.proto). */
export const MULTI_REMOTE_FIELDS = { attachments: 1 } as const;
export const REMOTE_FILE_FIELDS = {
  contentDigest: 1,
  secret: 2,
  nonce: 3,
  salt: 4,
  url: 6,
  contentLength: 7,
  filename: 8,
} as const;
/** Fields of `ReactionV2` (mls/message_contents/content_types/reaction.proto). */
export const REACTION_FIELDS = {
  reference: 1,
  referenceInboxId: 2,
  action: 3,
  content: 4,
  schema: 5,
} as const;
export const REACTION_ACTION = { added: 1, removed: 2 } as const;
export const REACTION_SCHEMA_UNICODE = 1;
