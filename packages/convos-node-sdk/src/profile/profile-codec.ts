import { utf8Text } from "../codec/bytes.ts";
import {
  type ProtobufField,
  ProtobufWriter,
  readBytes,
  readFields,
  readText,
  readVarint,
} from "../codec/protobuf.ts";
import { malformed } from "../errors.ts";
import { MAX_PROFILE_METADATA_ENTRIES } from "../limits.ts";
import { encodeImageRef, parseImageRef } from "../metadata/image-ref.ts";
import type { Profile, ProfileMetadata } from "./profile.ts";

/** Field numbers of a profile; they differ by one between an update and an entry of a snapshot (section 1.11). */
export interface ProfileFields {
  readonly name: number;
  readonly image: number;
  readonly memberKind: number;
  readonly metadata: number;
}

const ENTRY = { key: 1, value: 2 } as const;
const VALUE = { text: 1, number: 2, bool: 3 } as const;
const KIND_AGENT = 1;

/** Writes the fields of a profile in number order, as the CLI does. */
export function writeProfile(
  writer: ProtobufWriter,
  profile: Profile,
  numbers: ProfileFields,
): ProtobufWriter {
  if (profile.name !== undefined) writer.text(numbers.name, profile.name);
  if (profile.image !== undefined) writer.bytes(numbers.image, encodeImageRef(profile.image));
  if (profile.memberKind === "agent") writer.varint(numbers.memberKind, KIND_AGENT);
  for (const [key, value] of profile.metadata ?? []) {
    const entry = new ProtobufWriter().text(ENTRY.key, key).bytes(ENTRY.value, encodeValue(value));
    writer.bytes(numbers.metadata, entry.finish());
  }
  return writer;
}

/** @throws ConvosError `malformed`. */
export function readProfile(fields: readonly ProtobufField[], numbers: ProfileFields): Profile {
  const name = readText(fields, numbers.name);
  const image = parseImageRef(readBytes(fields, numbers.image));
  const isAgent = readVarint(fields, numbers.memberKind) === BigInt(KIND_AGENT);
  const metadata = readMetadata(fields, numbers.metadata);
  return {
    ...(name && { name }),
    ...(image && { image }),
    ...(isAgent && { memberKind: "agent" }),
    ...(metadata.size > 0 && { metadata }),
  };
}

function readMetadata(fields: readonly ProtobufField[], number: number): ProfileMetadata {
  const metadata = new Map<string, string | number | boolean>();
  for (const field of fields) {
    if (field.number !== number || field.wireType !== "bytes") continue;
    const entry = readFields(field.value);
    const value = parseValue(readBytes(entry, ENTRY.value));
    if (value === undefined) continue;
    metadata.set(readText(entry, ENTRY.key) ?? "", value);
    if (metadata.size > MAX_PROFILE_METADATA_ENTRIES) {
      throw malformed("profile: too many metadata entries");
    }
  }
  return metadata;
}

function encodeValue(value: string | number | boolean): Uint8Array {
  const writer = new ProtobufWriter();
  if (typeof value === "string") return writer.text(VALUE.text, value).finish();
  if (typeof value === "number") return writer.double(VALUE.number, value).finish();
  return writer.varint(VALUE.bool, value ? 1 : 0).finish();
}

/** The last one that is set counts. Undefined when none is, or one of a kind that we do not know. */
function parseValue(bytes: Uint8Array | undefined): string | number | boolean | undefined {
  if (bytes === undefined) return undefined;
  const [field] = readFields(bytes).slice(-1);
  if (field === undefined) return undefined;
  if (field.number === VALUE.text && field.wireType === "bytes") return utf8Text(field.value);
  if (field.number === VALUE.number && field.wireType === "fixed64") {
    const { buffer, byteOffset, byteLength } = field.value;
    return new DataView(buffer, byteOffset, byteLength).getFloat64(0, true);
  }
  if (field.number === VALUE.bool && field.wireType === "varint") return field.value !== 0n;
  return undefined;
}
