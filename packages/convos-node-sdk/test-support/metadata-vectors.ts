import type { Checks } from "sdk-kit/vectors";
import { decodeBase64Url } from "../src/codec/base64url.ts";
import { toHex } from "../src/codec/bytes.ts";
import { decompressFrame } from "../src/codec/frame.ts";
import { MAX_METADATA_BYTES } from "../src/limits.ts";
import {
  type ConversationMetadata,
  decodeMetadata,
  editMetadata,
  encodeMetadata,
  type MetadataProfile,
} from "../src/metadata/conversation-metadata.ts";
import type { EncryptedImageRef } from "../src/metadata/image-ref.ts";
import type { MetadataEdgeVector, MetadataVector, MetadataView } from "./convos-vector-file.ts";

interface ImageRefView {
  readonly url: string;
  readonly salt: string;
  readonly nonce: string;
}

/** Writes the metadata byte for byte, reads both frames, and changes nothing when asked to change nothing. */
export function replayMetadata(what: string, vector: MetadataVector, checks: Checks): void {
  const { appData, decoded, legacyZlibVariant } = vector;
  const inflated = decompressFrame(decodeBase64Url(appData), MAX_METADATA_BYTES);
  checks.equal(`${what} bytes`, toHex(inflated), vector.protobufHex);
  checks.equal(`${what} reads`, viewOf(decodeMetadata(appData)), decoded);
  checks.equal(`${what} writes`, encodeMetadata(metadataOf(decoded)), appData);
  checks.equal(`${what} keeps`, editMetadata(appData, {}), appData);
  checks.equal(`${what} writes the tag`, editMetadata(appData, { tag: decoded.tag }), appData);
  if (legacyZlibVariant === undefined) return;
  checks.equal(`${what} reads zlib`, viewOf(decodeMetadata(legacyZlibVariant)), decoded);
}

/** What the CLI reads leniently as empty: we read the same, or say that it cannot be read, and never write over it. */
export function replayMetadataEdge(what: string, vector: MetadataEdgeVector, checks: Checks): void {
  const { appData, decodedByCli, note } = vector;
  const view = tryView(appData);
  checks.equal(`${what} reads`, view ?? { tag: "", profiles: [] }, decodedByCli);
  const mustRefuse = note?.includes("refuse") === true;
  checks.equal(`${what} is undecodable`, view === undefined, mustRefuse);
  if (decodedByCli.tag !== "") return;
  checks.throws(`${what} written without a tag`, () => editMetadata(appData, { emoji: "🎈" }));
  if (!mustRefuse) return;
  checks.throws(`${what} written over`, () => editMetadata(appData, { tag: "ABCDEFGHIJ" }));
}

/** An image reference with its bytes as text. */
export function imageRefView(ref: EncryptedImageRef): ImageRefView {
  return { url: ref.url, salt: toHex(ref.salt), nonce: toHex(ref.nonce) };
}

/** The reverse of {@link imageRefView}. */
export function imageRefOf(view: ImageRefView): EncryptedImageRef {
  return {
    url: view.url,
    salt: Buffer.from(view.salt, "hex"),
    nonce: Buffer.from(view.nonce, "hex"),
  };
}

function tryView(appData: string): MetadataView | undefined {
  try {
    return viewOf(decodeMetadata(appData));
  } catch {
    return undefined;
  }
}

function viewOf(metadata: ConversationMetadata): MetadataView {
  const { imageEncryptionKey, encryptedGroupImage, profiles, ...rest } = metadata;
  return {
    ...rest,
    profiles: profiles.map(profileView),
    ...(imageEncryptionKey && { imageEncryptionKey: toHex(imageEncryptionKey) }),
    ...(encryptedGroupImage && { encryptedGroupImage: imageRefView(encryptedGroupImage) }),
  };
}

function profileView({
  encryptedImage,
  ...profile
}: MetadataProfile): MetadataView["profiles"][number] {
  return {
    ...profile,
    ...(encryptedImage && { encryptedImage: imageRefView(encryptedImage) }),
  };
}

function metadataOf(view: MetadataView): ConversationMetadata {
  const { expiresAtUnix, imageEncryptionKey, encryptedGroupImage, emoji } = view;
  return {
    tag: view.tag,
    profiles: view.profiles.map(({ inboxId, name, image, encryptedImage }) => ({
      inboxId,
      ...(name !== undefined && { name }),
      ...(image !== undefined && { image }),
      ...(encryptedImage && { encryptedImage: imageRefOf(encryptedImage) }),
    })),
    ...(expiresAtUnix && { expiresAtUnix }),
    ...(imageEncryptionKey && { imageEncryptionKey: Buffer.from(imageEncryptionKey, "hex") }),
    ...(encryptedGroupImage && { encryptedGroupImage: imageRefOf(encryptedGroupImage) }),
    ...(emoji && { emoji }),
  };
}
