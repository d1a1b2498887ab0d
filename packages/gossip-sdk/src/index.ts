export { type Clock, systemClock } from "./clock.ts";
export { GossipError, type GossipErrorCode, type GossipErrorOptions } from "./errors.ts";
export { type Invite, formatInviteLink, parseInvite } from "./invite/invite.ts";
export {
  type GossipUserId,
  parseUserId,
  tryParseUserId,
  userIdFromBytes,
  userIdToBytes,
} from "./identity/user-id.ts";
export {
  type MnemonicWordCount,
  generateMnemonic,
  normalizeMnemonic,
} from "./identity/mnemonic.ts";
export { isMnemonicWord, suggestMnemonicWords } from "./identity/mnemonic-words.ts";
export { type Identity, type IdentitySecrets, identityFromMnemonic } from "./identity/identity.ts";
export { type PublicKeyBundle, type PublicKeys, parsePublicKeys } from "./identity/public-keys.ts";
export { SecretBytes } from "./crypto/secret-bytes.ts";
export type { CryptoProvider } from "./crypto/provider.ts";
export { createPortableProvider } from "./crypto/portable.ts";
export { type CryptoSelection, defaultCrypto, selectCrypto } from "./crypto/select.ts";
export { verifyBoardValue } from "./session/board-value.ts";
export {
  type MessageContent,
  encodeMessageContent,
  parseMessageContent,
} from "./message/content.ts";
export {
  type HttpRelayClientOptions,
  createHttpRelayClient,
} from "./transport/http-relay-client.ts";
export {
  type MemoryRelay,
  type MemoryRelayOptions,
  type RelayCallName,
  createMemoryRelay,
} from "./transport/memory-relay.ts";
export {
  type BoardValue,
  type BulletinItem,
  type BulletinPageRequest,
  type RelayCallOptions,
  type RelayClient,
  type RelayTraffic,
} from "./transport/relay-client.ts";
export { parseRelayUrl } from "./transport/relay-url.ts";
export { BulletinFeed, type BulletinFollower } from "./bulletin/bulletin-feed.ts";
export { createBulletinFeed } from "./bulletin/shared-feed.ts";
export { GossipClient } from "./client/gossip-client.ts";
export type { PollingOptions } from "./client/polling-options.ts";
export type {
  AcceptAnswer,
  ContactRequest,
  ContactSummary,
  GossipClientOptions,
  GossipClientStatus,
  GossipEvent,
  GossipLog,
  OutgoingContent,
  RestoreEstimate,
  RestoreReport,
  SentMessage,
} from "./client/types.ts";
export type { MessageStatus } from "./conversation/conversation.ts";
export type { InboundEvent } from "./conversation/step.ts";
export type { SessionStatus } from "./session/peer-session.ts";
