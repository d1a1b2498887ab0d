export { ChannelAccessError, type ChannelAccessErrorCode } from "./errors.ts";
export { createSenderIdentity, type SenderIdentityOptions } from "./identity.ts";
export { requireChannelRuntime, type ChannelRuntime } from "./runtime.ts";
export {
  createAccessGate,
  type AccessDecision,
  type AccessGate,
  type AccessGateOptions,
  type AccessPolicy,
  type AccessQuery,
  type DmPolicy,
  type GroupPolicy,
  type IngressRuntime,
} from "./gate.ts";
export {
  createPairingAdapter,
  createPairingDesk,
  type PairingAdapter,
  type PairingChallenge,
  type PairingDesk,
  type PairingDeskOptions,
} from "./pairing.ts";
export type { WaitingSender, WaitingSenders } from "./waiting-senders.ts";
export {
  createApprovalWatcher,
  type ApprovalWatcher,
  type ApprovalWatcherOptions,
} from "./approval-watcher.ts";
export {
  createDmPolicyResolver,
  createManifestSchema,
  dmAccessShape,
  refineDmAccess,
} from "./config.ts";
export {
  createSecretRotation,
  type SecretRefusal,
  type SecretRotation,
  type SecretRotationOptions,
} from "./secret-rotation.ts";
export {
  createOwnerCode,
  type OwnerClaim,
  type OwnerCode,
  type OwnerCodeOptions,
  type SettledOwnerClaim,
} from "./owner-code.ts";
export {
  listContacts,
  listGroupMembers,
  rewriteContact,
  withdrawApproval,
  type AccessPlaces,
  type ApprovedSenders,
  type ContactSource,
  type KnownContact,
  type NormalizeId,
} from "./contact-book.ts";
export {
  createRevocationWatch,
  type RevocationWatch,
  type RevocationWatchOptions,
  type WatchedWork,
} from "./revocation-watch.ts";
export {
  createConversationGuard,
  type ActionFacts,
  type ConversationGuardOptions,
} from "./conversation-guard.ts";
