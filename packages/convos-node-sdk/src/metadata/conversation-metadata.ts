import { decodeBase64Url, encodeBase64Url } from "../codec/base64url.ts";
import { concatBytes, copyBytes, toHex, tryFromHex } from "../codec/bytes.ts";
import { compressIfSmaller, decompressFrame } from "../codec/frame.ts";
import {
  type ProtobufField,
  ProtobufWriter,
  readBytes,
  readFields,
  readSfixed64,
  readText,
} from "../codec/protobuf.ts";
import { ConvosError, malformed } from "../errors.ts";
import { MAX_APP_DATA_CHARACTERS, MAX_METADATA_BYTES } from "../limits.ts";
import { type EncryptedImageRef, encodeImageRef, parseImageRef } from "./image-ref.ts";
import { tryParseLegacyMetadata } from "./legacy-metadata.ts";

/** A profile that an older app left in the metadata. New ones travel as messages; these are only read. */
export interface MetadataProfile {
  /** 64 hexadecimal characters. */
  readonly inboxId: string;
  readonly name?: string;
  /** Plain URL. */
  readonly image?: string;
  readonly encryptedImage?: EncryptedImageRef;
}

/** What a group's appData says (section 1.7). Every member can write it, unless the group is admin-only. */
export interface ConversationMetadata {
  /** The one that invites carry. Empty while the creator has not written it yet. */
  readonly tag: string;
  readonly profiles: readonly MetadataProfile[];
  /** When the conversation ends, in Unix seconds. */
  readonly expiresAtUnix?: number;
  /** 32 bytes: the key that all images of the group are encrypted with. */
  readonly imageEncryptionKey?: Uint8Array;
  readonly encryptedGroupImage?: EncryptedImageRef;
  readonly emoji?: string;
}

/** What to change; what is not named stays as it is, `null` removes. */
export interface MetadataChange {
  readonly tag?: string;
  readonly expiresAtUnix?: number | null;
  readonly imageEncryptionKey?: Uint8Array;
  readonly encryptedGroupImage?: EncryptedImageRef | null;
  readonly emoji?: string | null;
}

const FIELD = {
  tag: 1,
  profiles: 2,
  expiresAtUnix: 3,
  imageEncryptionKey: 4,
  encryptedGroupImage: 5,
  emoji: 6,
} as const;
const PROFILE = { inboxId: 1, name: 2, image: 3, encryptedImage: 4 } as const;
const IMAGE_KEY_BYTES = 32;
/** What a reader takes: twice what libxmtp lets anybody write. */
const MAX_READ_CHARACTERS = 2 * MAX_APP_DATA_CHARACTERS;

/**
 * Reads a group's appData. An empty text is metadata that nobody has written yet; the legacy JSON form is read too.
 *
 * @throws ConvosError `malformed` or `too_large`. Undecodable is not empty: never write over it.
 */
export function decodeMetadata(appData: string): ConversationMetadata {
  return tryParseLegacyMetadata(appData) ?? viewOf(decodeFields(appData));
}

/**
 * Writes metadata from nothing, for a new group.
 *
 * @throws ConvosError `invalid_input` for an empty tag, a profile that names no inbox or a key of another length;
 *   `too_large` above 8192 characters.
 */
export function encodeMetadata(metadata: ConversationMetadata): string {
  const profiles = metadata.profiles.map((profile) =>
    fieldOf(new ProtobufWriter().bytes(FIELD.profiles, encodeProfile(profile))),
  );
  return encodeFields(applyChange(profiles, metadata));
}

/**
 * Changes a group's appData and nothing else in it: fields of others, in profiles too, and fields that nobody knows yet
 * stay byte for byte, in their order.
 *
 * @param appData - Read from the group just now. Read it again after writing: another member may have written in between.
 * @throws ConvosError `malformed` when the present appData cannot be decoded, or is legacy JSON; `invalid_input` when the
 *   result would have no tag; `too_large` above 8192 characters.
 */
export function editMetadata(appData: string, change: MetadataChange): string {
  if (tryParseLegacyMetadata(appData) !== undefined) {
    throw malformed("metadata: the legacy JSON form is not written over");
  }
  const fields = decodeFields(appData);
  // What cannot be read in full is not written over in part.
  viewOf(fields);
  return encodeFields(applyChange(fields, change));
}

function decodeFields(appData: string): ProtobufField[] {
  if (appData.length > MAX_READ_CHARACTERS) throw tooLarge(appData.length);
  return readFields(decompressFrame(decodeBase64Url(appData), MAX_METADATA_BYTES));
}

function encodeFields(fields: readonly ProtobufField[]): string {
  if (!readText(fields, FIELD.tag)) {
    throw new ConvosError("invalid_input", "metadata: an empty tag would end every invite unseen");
  }
  const bytes = concatBytes(...fields.map(({ raw }) => raw));
  const appData = encodeBase64Url(compressIfSmaller(bytes));
  if (appData.length > MAX_APP_DATA_CHARACTERS) throw tooLarge(appData.length);
  return appData;
}

function viewOf(fields: readonly ProtobufField[]): ConversationMetadata {
  const expiresAtUnix = readSfixed64(fields, FIELD.expiresAtUnix);
  const imageEncryptionKey = readBytes(fields, FIELD.imageEncryptionKey);
  const encryptedGroupImage = parseImageRef(readBytes(fields, FIELD.encryptedGroupImage));
  const emoji = readText(fields, FIELD.emoji);
  return {
    tag: readText(fields, FIELD.tag) ?? "",
    profiles: fields.flatMap((field) =>
      field.number === FIELD.profiles && field.wireType === "bytes"
        ? [parseProfile(field.value)]
        : [],
    ),
    // 0 would hide the conversation as one that ended in 1970.
    ...(expiresAtUnix && { expiresAtUnix }),
    ...(imageEncryptionKey?.length === IMAGE_KEY_BYTES && {
      imageEncryptionKey: copyBytes(imageEncryptionKey),
    }),
    ...(encryptedGroupImage && { encryptedGroupImage }),
    ...(emoji && { emoji }),
  };
}

function applyChange(fields: readonly ProtobufField[], change: MetadataChange): ProtobufField[] {
  let out = [...fields];
  if (change.tag !== undefined) out = replace(out, FIELD.tag, textField(FIELD.tag, change.tag));
  if (change.expiresAtUnix !== undefined) {
    const field = change.expiresAtUnix
      ? fieldOf(new ProtobufWriter().sfixed64(FIELD.expiresAtUnix, change.expiresAtUnix))
      : undefined;
    out = replace(out, FIELD.expiresAtUnix, field);
  }
  if (change.imageEncryptionKey !== undefined) {
    const key = change.imageEncryptionKey;
    if (key.length !== IMAGE_KEY_BYTES) {
      throw new ConvosError("invalid_input", `metadata: an image key of ${key.length} bytes`);
    }
    const field = fieldOf(new ProtobufWriter().bytes(FIELD.imageEncryptionKey, key));
    out = replace(out, FIELD.imageEncryptionKey, field);
  }
  if (change.encryptedGroupImage !== undefined) {
    const image = change.encryptedGroupImage;
    const field =
      image === null
        ? undefined
        : fieldOf(new ProtobufWriter().bytes(FIELD.encryptedGroupImage, encodeImageRef(image)));
    out = replace(out, FIELD.encryptedGroupImage, field);
  }
  if (change.emoji !== undefined) {
    out = replace(
      out,
      FIELD.emoji,
      change.emoji ? textField(FIELD.emoji, change.emoji) : undefined,
    );
  }
  return out;
}

/** Puts a field where the first one of its number was, else before the first one with a higher number. */
function replace(
  fields: readonly ProtobufField[],
  number: number,
  field: ProtobufField | undefined,
): ProtobufField[] {
  const present = fields.findIndex((other) => other.number === number);
  const higher = fields.findIndex((other) => other.number > number);
  const rest = (from: number, to?: number): ProtobufField[] =>
    fields.slice(from, to).filter((other) => other.number !== number);
  const at = present >= 0 ? present : higher >= 0 ? higher : fields.length;
  return [...rest(0, at), ...(field === undefined ? [] : [field]), ...rest(at)];
}

function textField(number: number, text: string): ProtobufField {
  return fieldOf(new ProtobufWriter().text(number, text));
}

/** The one field that was just written. */
function fieldOf(writer: ProtobufWriter): ProtobufField {
  const [field] = readFields(writer.finish());
  if (field === undefined) throw new Error("metadata: nothing was written");
  return field;
}

function encodeProfile(profile: MetadataProfile): Uint8Array {
  const inboxId = tryFromHex(profile.inboxId);
  if (inboxId === undefined || inboxId.length === 0) {
    throw new ConvosError("invalid_input", "metadata: a profile names no inbox");
  }
  const writer = new ProtobufWriter().bytes(PROFILE.inboxId, inboxId);
  if (profile.name !== undefined) writer.text(PROFILE.name, profile.name);
  if (profile.image !== undefined) writer.text(PROFILE.image, profile.image);
  if (profile.encryptedImage !== undefined) {
    writer.bytes(PROFILE.encryptedImage, encodeImageRef(profile.encryptedImage));
  }
  return writer.finish();
}

function parseProfile(bytes: Uint8Array): MetadataProfile {
  const fields = readFields(bytes);
  const name = readText(fields, PROFILE.name);
  const image = readText(fields, PROFILE.image);
  const encryptedImage = parseImageRef(readBytes(fields, PROFILE.encryptedImage));
  return {
    inboxId: toHex(readBytes(fields, PROFILE.inboxId) ?? new Uint8Array()),
    ...(name && { name }),
    ...(image && { image }),
    ...(encryptedImage && { encryptedImage }),
  };
}

function tooLarge(characters: number): ConvosError {
  return new ConvosError(
    "too_large",
    `metadata: ${characters} characters, at most ${MAX_APP_DATA_CHARACTERS} are allowed`,
  );
}
