import * as z from "zod";

/*
 * Shape of a Convos vector file, docs/protocol/convos.md section 2. Hex unless said otherwise; a private key and an
 * address begin with 0x. Fields that say what other software does with a value are not named here.
 */

const hex = z.string().regex(/^([0-9a-f]{2})*$/u);
const prefixedHex = z.string().regex(/^0x([0-9a-f]{2})*$/u);
const inboxId = z.string().regex(/^[0-9a-f]{64}$/u);

const key = z
  .object({
    privateKey: prefixedHex,
    address: prefixedHex,
    publicKeyUncompressed: prefixedHex,
    inboxId,
  })
  // `inboxIdNonce<n>`, for any n.
  .catchall(z.unknown());

const token = z.object({
  privateKey: prefixedHex,
  creatorInboxId: inboxId,
  conversationId: z.string(),
  nonceHex: hex,
  tokenHex: hex,
  length: z.int().optional(),
  decrypted: z.string(),
});

const inviteOptions = z.object({
  name: z.string().optional(),
  description: z.string().optional(),
  imageUrl: z.string().optional(),
  emoji: z.string().optional(),
  expiresAt: z.string().optional(),
  expiresAfterUse: z.boolean().optional(),
});

const invite = z.object({
  privateKey: prefixedHex,
  creatorInboxId: inboxId,
  conversationId: z.string(),
  tag: z.string(),
  options: inviteOptions,
  nonceHex: hex,
  slug: z.string(),
  url: z.partialRecord(z.enum(["production", "dev", "local"]), z.string()).optional(),
  signedInviteHex: hex,
  payloadHex: hex,
  payloadSha256: hex,
  signatureHex: hex,
  recoveredPublicKey: prefixedHex,
  decoded: z.object({
    tag: z.string(),
    creatorInboxId: inboxId,
    conversationTokenHex: hex,
    name: z.string().nullable(),
    description: z.string().nullable(),
    imageUrl: z.string().nullable(),
    emoji: z.string().nullable(),
    expiresAt: z.string().nullable(),
    conversationExpiresAt: z.string().nullable(),
    expiresAfterUse: z.boolean(),
  }),
  iosCompressedVariant: z.object({ slug: z.string() }).optional(),
  uncompressedVariantSlug: z.string(),
});

const legacyInvite = z.object({
  privateKey: prefixedHex,
  creatorInboxId: inboxId,
  conversationId: z.string(),
  tag: z.string(),
  slug: z.string(),
});

const negative = z.object({ input: z.string(), why: z.string() });
const urlForm = z.object({ input: z.string(), expectSlug: z.string() });

const imageRef = z.object({ url: z.string(), salt: hex, nonce: hex });

const metadataView = z.object({
  tag: z.string(),
  profiles: z.array(
    z.object({
      inboxId: hex,
      name: z.string().optional(),
      image: z.string().optional(),
      encryptedImage: imageRef.optional(),
    }),
  ),
  expiresAtUnix: z.number().optional(),
  imageEncryptionKey: hex.optional(),
  encryptedGroupImage: imageRef.optional(),
  emoji: z.string().optional(),
});

const metadata = z.object({
  appData: z.string(),
  protobufHex: hex,
  decoded: metadataView,
  legacyZlibVariant: z.string().optional(),
});

const metadataEdge = z.object({
  appData: z.string(),
  decodedByCli: metadataView,
  note: z.string().optional(),
});

const profile = z.object({
  name: z.string().optional(),
  encryptedImage: imageRef.optional(),
  memberKind: z.int().optional(),
  metadata: z
    .record(
      z.string(),
      z.object({ type: z.string(), value: z.union([z.string(), z.number(), z.boolean()]) }),
    )
    .optional(),
});

const profileUpdate = z.object({
  contentType: z.string(),
  contentHex: hex,
  decoded: profile,
  input: profile,
});

const profileSnapshot = z.object({
  contentType: z.string(),
  contentHex: hex,
  decoded: z.object({ profiles: z.array(profile.extend({ inboxId })) }),
});

const jsonType = z.object({
  contentType: z.string(),
  json: z.string(),
  fallback: z.string().optional(),
  shouldPush: z.boolean(),
});

const verdict = z.object({ valid: z.boolean() });
const attestation = z.object({
  ed25519SeedHex: hex,
  publicKeyX: z.string(),
  inboxId,
  attestation: z.object({ signature: z.string(), timestamp: z.string(), kid: z.string() }),
  metadata: z.record(z.string(), z.object({ type: z.string(), value: z.string() })),
  verifyAt: z.string(),
  verified: verdict,
  verifiedAfter25h: verdict,
  verifiedOtherInbox: verdict,
});

const imageEncryption = z.object({
  groupKeyHex: hex,
  plaintextHex: hex,
  saltHex: hex,
  nonceHex: hex,
  ciphertextHex: hex,
});

const emoji = z.object({ identifier: z.string(), emoji: z.string() });

const remoteAttachment = z.object({
  payloadHex: hex,
  contentDigest: hex,
  secretHex: hex,
  saltHex: hex,
  nonceHex: hex,
  decrypted: z.object({ filename: z.string(), mimeType: z.string(), text: z.string() }),
});

/** Every section may be missing; what is there has this form. */
export const convosVectorFile = z.looseObject({
  keys: z.array(key).optional(),
  tokens: z.array(token).optional(),
  invites: z.array(invite).optional(),
  legacyNodeSdkInvites: z.array(legacyInvite).optional(),
  negatives: z.array(negative).optional(),
  urlForms: z.array(urlForm).optional(),
  metadata: z.array(metadata).optional(),
  metadataEdge: z.array(metadataEdge).optional(),
  profileUpdates: z.array(profileUpdate).optional(),
  profileSnapshots: z.array(profileSnapshot).optional(),
  jsonTypes: z.array(jsonType).optional(),
  attestation: attestation.optional(),
  imageEncryption: imageEncryption.optional(),
  emojis: z.array(emoji).optional(),
  remoteAttachment: remoteAttachment.optional(),
});

export type ConvosVectors = z.infer<typeof convosVectorFile>;
export type KeyVector = z.infer<typeof key>;
export type TokenVector = z.infer<typeof token>;
export type InviteVector = z.infer<typeof invite>;
export type LegacyInviteVector = z.infer<typeof legacyInvite>;
export type NegativeVector = z.infer<typeof negative>;
export type MetadataView = z.infer<typeof metadataView>;
export type MetadataVector = z.infer<typeof metadata>;
export type MetadataEdgeVector = z.infer<typeof metadataEdge>;
export type ProfileView = z.infer<typeof profile>;
export type JsonTypeVector = z.infer<typeof jsonType>;
export type AttestationVector = z.infer<typeof attestation>;
export type ImageVector = z.infer<typeof imageEncryption>;
export type RemoteAttachmentVector = z.infer<typeof remoteAttachment>;
