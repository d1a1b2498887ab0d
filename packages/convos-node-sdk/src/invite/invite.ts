import { ConvosError } from "../errors.ts";
import type { SecretBytes } from "../identity/secret-bytes.ts";
import { type ConvosNetwork, formatInviteUrl, parseInviteText } from "./invite-text.ts";
import { signInvitePayload } from "./signature.ts";
import {
  encodeInvitePayload,
  encodeSignedInvite,
  type InvitePayload,
  parseSignedInvite,
  type SignedInvite,
} from "./signed-invite.ts";
import { decodeSlug, encodeSlug } from "./slug.ts";
import { sealConversationToken } from "./token.ts";

/** What an invite is made of. Name, description and image are readable for everybody who sees the link. */
export interface NewInvite extends Omit<InvitePayload, "token" | "expiresAfterUse"> {
  /** The key of the creator's inbox. */
  readonly privateKey: SecretBytes;
  readonly conversationId: string;
  readonly expiresAfterUse?: boolean;
  /** Decides the host of the link; production unless given. */
  readonly network?: ConvosNetwork;
  /** Gives the nonce of the token; the system's generator unless given. */
  readonly random?: (length: number) => Uint8Array;
}

/**
 * Makes an invite to a conversation of one's own (sections 1.3 to 1.6).
 *
 * @returns The slug, and the link to show or to draw as a QR code. Whoever has either can ask to join.
 * @throws ConvosError `invalid_input` for an empty tag or conversation id, or a creator that is not an inbox id.
 */
export function createInvite(invite: NewInvite): { slug: string; url: string } {
  const { privateKey, creatorInboxId, conversationId, random } = invite;
  const payloadBytes = encodeInvitePayload({
    ...invite,
    token: sealConversationToken(conversationId, privateKey, creatorInboxId, random),
    expiresAfterUse: invite.expiresAfterUse ?? false,
  });
  const signature = signInvitePayload(payloadBytes, privateKey);
  const slug = encodeSlug(encodeSignedInvite(payloadBytes, signature));
  return { slug, url: formatInviteUrl(slug, invite.network ?? "production") };
}

/**
 * Reads the invite in a slug. Nothing is verified yet: see `recoverInviteSigner` and {@link assertUsable}.
 *
 * @throws ConvosError `invalid_invite`.
 */
export function decodeInvite(slug: string): SignedInvite {
  try {
    return parseSignedInvite(decodeSlug(slug));
  } catch (cause) {
    throw new ConvosError(
      "invalid_invite",
      "This is not a whole invite: part of the text is missing or was changed. Copy the link again.",
      { cause },
    );
  }
}

/**
 * The invite in a message, if the message is one: a slug or a link and nothing else. Undefined for everything that
 * people write, which must never have an effect (section 1.10).
 */
export function tryDecodeInvite(text: string): SignedInvite | undefined {
  try {
    return decodeInvite(parseInviteText(text).slug);
  } catch {
    return undefined;
  }
}

/**
 * Refuses invites that cannot lead anywhere, before anything is sent.
 *
 * @param isOwnInbox - Tells inboxes of ours: whoever made an invite cannot join by it.
 * @throws ConvosError `invite_expired` or `own_invite`.
 */
export function assertUsable(
  invite: SignedInvite,
  nowMs: number,
  isOwnInbox: (inboxId: string) => boolean,
): void {
  const { creatorInboxId, expiresAtUnix, conversationExpiresAtUnix } = invite.payload;
  if (isOwnInbox(creatorInboxId)) {
    throw new ConvosError("own_invite", "This invite is one of ours. Give it to somebody else.");
  }
  if (isPast(expiresAtUnix, nowMs)) {
    throw new ConvosError("invite_expired", "This invite has expired. Ask for a new one.");
  }
  if (isPast(conversationExpiresAtUnix, nowMs)) {
    throw new ConvosError("invite_expired", "The conversation of this invite has ended.");
  }
}

/** Whether a date in Unix seconds is there and over. */
export function isPast(unixSeconds: number | undefined, nowMs: number): boolean {
  return unixSeconds !== undefined && unixSeconds * 1000 <= nowMs;
}
