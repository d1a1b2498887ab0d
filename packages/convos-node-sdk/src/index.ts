// The protocol.
export { openRemoteAttachment, sealRemoteAttachment } from "./attachment/remote-attachment.ts";
export type { Attachment, RemoteAttachmentKeys } from "./attachment/remote-attachment.ts";
export { attestationFromMetadata, attestationToMetadata } from "./attestation/attestation.ts";
export { signAttestation, verifyAttestation } from "./attestation/attestation.ts";
export type { Attestation, AttestationKey, AttestationVerdict } from "./attestation/attestation.ts";
export { isSameType } from "./content/content-parts.ts";
export type {
  ContentTypeId,
  EncodedContentParts,
  ReceivedContent,
} from "./content/content-parts.ts";
export { encodeExplodeSettings, EXPLODE_SETTINGS } from "./content/explode-settings.ts";
export { parseExplodeSettings } from "./content/explode-settings.ts";
export type { ExplodeSettings } from "./content/explode-settings.ts";
export { encodeInviteJoinError, INVITE_JOIN_ERROR } from "./content/invite-join-error.ts";
export { describeJoinError, parseInviteJoinError } from "./content/invite-join-error.ts";
export type { InviteJoinError, InviteJoinErrorType } from "./content/invite-join-error.ts";
export { encodeInviteJoinHandled, INVITE_JOIN_HANDLED } from "./content/invite-join-handled.ts";
export { parseInviteJoinHandled } from "./content/invite-join-handled.ts";
export type { InviteJoinHandled } from "./content/invite-join-handled.ts";
export { encodeJoinRequest, JOIN_REQUEST, parseJoinRequest } from "./content/join-request.ts";
export type { JoinRequest, JoinRequestProfile } from "./content/join-request.ts";
export { encodeProfileSnapshot, PROFILE_SNAPSHOT } from "./content/profile-snapshot.ts";
export { parseProfileSnapshot } from "./content/profile-snapshot.ts";
export { encodeProfileUpdate, PROFILE_UPDATE } from "./content/profile-update.ts";
export { parseProfileUpdate } from "./content/profile-update.ts";
export { encodeThinking, parseThinking, THINKING } from "./content/thinking.ts";
export type { Thinking } from "./content/thinking.ts";
export { encodeTypingIndicator, TYPING_INDICATOR } from "./content/typing-indicator.ts";
export { parseTypingIndicator } from "./content/typing-indicator.ts";
export type { TypingIndicator } from "./content/typing-indicator.ts";
export { emojiForConversation } from "./emoji/conversation-emoji.ts";
export { ConvosError } from "./errors.ts";
export type { ConvosErrorCode } from "./errors.ts";
export { inboxIdOf } from "./identity/inbox-id.ts";
export { addressOf, keyFromHex, publicKeyOf, signPersonalMessage } from "./identity/key.ts";
export type { ConvosKey } from "./identity/key.ts";
export { generateMnemonic, isMnemonicWord, normalizeMnemonic } from "./identity/mnemonic.ts";
export type { MnemonicWordCount } from "./identity/mnemonic.ts";
export { rootFromMnemonic } from "./identity/root.ts";
export type { ConvosRoot } from "./identity/root.ts";
export { SecretBytes } from "./identity/secret-bytes.ts";
export { createImageKey, decryptImage, encryptImage } from "./image/image-encryption.ts";
export type { EncryptedImage } from "./image/image-encryption.ts";
export { assertUsable, createInvite, decodeInvite, tryDecodeInvite } from "./invite/invite.ts";
export type { NewInvite } from "./invite/invite.ts";
export { assertNetwork, formatInviteUrl, parseInviteText } from "./invite/invite-text.ts";
export type { ConvosNetwork, InviteText } from "./invite/invite-text.ts";
export { isSignedBy, recoverInviteSigner } from "./invite/signature.ts";
export type { InviteSigner } from "./invite/signature.ts";
export type { InvitePayload, SignedInvite } from "./invite/signed-invite.ts";
export { openConversationToken } from "./invite/token.ts";
export { decodeMetadata, editMetadata, encodeMetadata } from "./metadata/conversation-metadata.ts";
export type {
  ConversationMetadata,
  MetadataChange,
  MetadataProfile,
} from "./metadata/conversation-metadata.ts";
export type { EncryptedImageRef } from "./metadata/image-ref.ts";
export { createTag } from "./metadata/tag.ts";
export type { MemberProfile, Profile, ProfileMetadata } from "./profile/profile.ts";
export { PROFILE_SCAN_MESSAGES, resolveProfiles } from "./profile/resolve-profiles.ts";
export type { ProfileMessage, ResolvedProfile } from "./profile/resolve-profiles.ts";
// The client.
export { ConvosClient } from "./client/convos-client.ts";
export type { EventContent } from "./client/event-codec.ts";
export type { ConvosTiming } from "./client/timing.ts";
export type {
  AdmitAnswer,
  ConversationSummary,
  ConvosClientOptions,
  ConvosClientStatus,
  ConvosEvent,
  ConvosLog,
  InviteOptions,
  JoinOptions,
  JoinRequestFacts,
  Member,
  MessageStatus,
  NewConversation,
  OutgoingContent,
  PendingJoin,
  RemoteFile,
  RestoreOffer,
  RestoreReport,
  StuckConversation,
} from "./client/types.ts";
export type { Clock } from "./clock.ts";
export { createXmtpNetwork } from "./xmtp/network.ts";
export type {
  Consent,
  InboxListener,
  InboxWatch,
  MessageQuery,
  NewGroup,
  OpenInboxOptions,
  Role,
  XmtpConversation,
  XmtpDirect,
  XmtpGroup,
  XmtpInbox,
  XmtpMessage,
  XmtpNetwork,
} from "./xmtp/port.ts";
