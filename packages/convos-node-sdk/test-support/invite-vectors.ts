import { createHash } from "node:crypto";
import type { Checks } from "sdk-kit/vectors";
import { toHex } from "../src/codec/bytes.ts";
import { inboxIdOf } from "../src/identity/inbox-id.ts";
import { keyFromHex, publicKeyOf } from "../src/identity/key.ts";
import { createInvite, decodeInvite, tryDecodeInvite } from "../src/invite/invite.ts";
import { formatInviteUrl, parseInviteText } from "../src/invite/invite-text.ts";
import { isSignedBy, recoverInviteSigner } from "../src/invite/signature.ts";
import type { SignedInvite } from "../src/invite/signed-invite.ts";
import { decodeSlug } from "../src/invite/slug.ts";
import { openConversationToken, sealConversationToken } from "../src/invite/token.ts";
import type {
  InviteVector,
  KeyVector,
  LegacyInviteVector,
  NegativeVector,
  TokenVector,
} from "./convos-vector-file.ts";

const NETWORKS = ["production", "dev", "local"] as const;

/** Key to address, public key and inbox ids. */
export function replayKey(what: string, vector: KeyVector, checks: Checks): void {
  const key = keyFromHex(vector.privateKey);
  checks.equal(`${what} address`, key.address, vector.address);
  checks.equal(
    `${what} public key`,
    `0x${toHex(publicKeyOf(key.privateKey))}`,
    vector.publicKeyUncompressed,
  );
  checks.equal(`${what} inbox`, key.inboxId, vector.inboxId);
  for (const [field, expected] of Object.entries(vector)) {
    const nonce = /^inboxIdNonce(\d+)$/u.exec(field)?.[1];
    if (nonce === undefined) continue;
    checks.equal(`${what} ${field}`, inboxIdOf(key.address, BigInt(nonce)), expected);
  }
}

/** Seals with the nonce of the vector, and opens. */
export function replayToken(what: string, vector: TokenVector, checks: Checks): void {
  const { privateKey } = keyFromHex(vector.privateKey);
  const { conversationId, creatorInboxId } = vector;
  const token = sealConversationToken(conversationId, privateKey, creatorInboxId, () =>
    fromHex(vector.nonceHex),
  );
  checks.equal(`${what} seals`, toHex(token), vector.tokenHex);
  if (vector.length !== undefined) checks.equal(`${what} length`, token.length, vector.length);
  const opened = openConversationToken(fromHex(vector.tokenHex), privateKey, creatorInboxId);
  checks.equal(`${what} opens`, opened, vector.decrypted);
}

/** Creates the invite byte for byte, and reads every form of it. */
export function replayInvite(
  what: string,
  vector: InviteVector,
  keys: readonly KeyVector[],
  checks: Checks,
): void {
  const { privateKey } = keyFromHex(vector.privateKey);
  const { creatorInboxId, conversationId, tag, options } = vector;
  const { name, description, imageUrl, emoji, expiresAt, expiresAfterUse } = options;
  const { slug } = createInvite({
    ...(name && { name }),
    ...(description && { description }),
    ...(imageUrl && { imageUrl }),
    ...(emoji && { emoji }),
    ...(expiresAt && { expiresAtUnix: Math.floor(Date.parse(expiresAt) / 1000) }),
    ...(expiresAfterUse && { expiresAfterUse }),
    privateKey,
    creatorInboxId,
    conversationId,
    tag,
    random: () => fromHex(vector.nonceHex),
  });
  checks.equal(`${what} creates`, slug, vector.uncompressedVariantSlug);
  checks.equal(`${what} bytes`, toHex(decodeSlug(slug)), vector.signedInviteHex);

  const forms = {
    written: vector.slug,
    uncompressed: vector.uncompressedVariantSlug,
    ...(vector.iosCompressedVariant && { ios: vector.iosCompressedVariant.slug }),
  };
  for (const [form, text] of Object.entries(forms)) {
    checks.step(`${what} ${form}`, () =>
      compareInvite(`${what} ${form}`, decodeInvite(text), vector, checks),
    );
  }
  for (const network of NETWORKS) {
    const url = vector.url?.[network];
    if (url === undefined) continue;
    checks.equal(`${what} ${network} link`, formatInviteUrl(vector.slug, network), url);
    checks.equal(`${what} reads ${network} link`, parseInviteText(url), {
      slug: vector.slug,
      network,
    });
  }
  const invite = decodeInvite(vector.slug);
  for (const other of keys) {
    const isCreator = other.privateKey === vector.privateKey;
    const isSigner = isSignedBy(invite, fromHex(other.publicKeyUncompressed.slice(2)));
    checks.equal(`${what} signed by ${other.address}`, isSigner, isCreator);
  }
  const opened = openConversationToken(invite.payload.token, privateKey, creatorInboxId);
  checks.equal(`${what} opens`, opened.toLowerCase(), conversationId.toLowerCase());
}

/** What an SDK of March 2026 wrote. */
export function replayLegacyInvite(what: string, vector: LegacyInviteVector, checks: Checks): void {
  const { privateKey } = keyFromHex(vector.privateKey);
  const invite = decodeInvite(vector.slug);
  const { token, tag, creatorInboxId } = invite.payload;
  checks.equal(`${what} tag`, tag, vector.tag);
  checks.equal(`${what} creator`, creatorInboxId, vector.creatorInboxId);
  checks.equal(`${what} signer`, isSignedBy(invite, publicKeyOf(privateKey)), true);
  const opened = openConversationToken(token, privateKey, creatorInboxId);
  checks.equal(`${what} opens`, opened, vector.conversationId);
}

/** A negative is no invite at all, or one that the key of its creator did not sign. */
export function replayNegative(
  what: string,
  vector: NegativeVector,
  keys: readonly KeyVector[],
  checks: Checks,
): void {
  const invite = tryDecodeInvite(vector.input);
  const creator = keys.find(({ inboxId }) => inboxId === invite?.payload.creatorInboxId);
  const publicKey = fromHex(creator?.publicKeyUncompressed.slice(2) ?? "");
  const isAccepted = invite !== undefined && isSignedBy(invite, publicKey);
  checks.equal(`${what} (${vector.why}) accepted`, isAccepted, false);
}

function compareInvite(
  what: string,
  invite: SignedInvite,
  vector: InviteVector,
  checks: Checks,
): void {
  const { payload, payloadBytes, signature } = invite;
  checks.equal(`${what} payload`, toHex(payloadBytes), vector.payloadHex);
  const hash = createHash("sha256").update(payloadBytes).digest("hex");
  checks.equal(`${what} hash`, hash, vector.payloadSha256);
  checks.equal(`${what} signature`, toHex(signature), vector.signatureHex);
  const signer = `0x${toHex(recoverInviteSigner(invite).publicKey)}`;
  checks.equal(`${what} signer`, signer, vector.recoveredPublicKey);
  const decoded = {
    tag: payload.tag,
    creatorInboxId: payload.creatorInboxId,
    conversationTokenHex: toHex(payload.token),
    name: payload.name ?? null,
    description: payload.description ?? null,
    imageUrl: payload.imageUrl ?? null,
    emoji: payload.emoji ?? null,
    expiresAt: isoDate(payload.expiresAtUnix),
    conversationExpiresAt: isoDate(payload.conversationExpiresAtUnix),
    expiresAfterUse: payload.expiresAfterUse,
  };
  checks.equal(`${what} fields`, decoded, vector.decoded);
}

function isoDate(unixSeconds: number | undefined): string | null {
  return unixSeconds === undefined ? null : new Date(unixSeconds * 1000).toISOString();
}

function fromHex(hex: string): Uint8Array {
  return Buffer.from(hex, "hex");
}
