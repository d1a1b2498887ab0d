// The light entry: everything about invites and keys, and no native module. For setup wizards and validators.
export { ConvosError } from "../errors.ts";
export type { ConvosErrorCode } from "../errors.ts";
export { addressOf, keyFromHex, publicKeyOf } from "../identity/key.ts";
export type { ConvosKey } from "../identity/key.ts";
export { SecretBytes } from "../identity/secret-bytes.ts";
export { assertUsable, createInvite, decodeInvite, tryDecodeInvite } from "./invite.ts";
export type { NewInvite } from "./invite.ts";
export { assertNetwork, formatInviteUrl, parseInviteText } from "./invite-text.ts";
export type { ConvosNetwork, InviteText } from "./invite-text.ts";
export { isSignedBy, recoverInviteSigner } from "./signature.ts";
export type { InviteSigner } from "./signature.ts";
export type { InvitePayload, SignedInvite } from "./signed-invite.ts";
export { openConversationToken } from "./token.ts";
