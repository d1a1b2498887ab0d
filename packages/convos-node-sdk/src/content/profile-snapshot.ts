import { toHex, tryFromHex } from "../codec/bytes.ts";
import { ProtobufWriter, readBytes, readFields } from "../codec/protobuf.ts";
import { ConvosError, malformed } from "../errors.ts";
import { MAX_PROFILE_SNAPSHOT_BYTES, MAX_PROFILE_UPDATE_BYTES } from "../limits.ts";
import { readProfile, writeProfile } from "../profile/profile-codec.ts";
import type { MemberProfile } from "../profile/profile.ts";
import {
  assertContent,
  convosType,
  type EncodedContentParts,
  type ReceivedContent,
} from "./content-parts.ts";

export const PROFILE_SNAPSHOT = convosType("profile_snapshot");

const SNAPSHOT = { profiles: 1 } as const;
const INBOX_ID = 1;
const INBOX_ID_BYTES = 32;
const FIELDS = { name: 2, image: 3, memberKind: 4, metadata: 5 } as const;

/**
 * The profiles of a group for those who have just come. Any member can send one and write anything into it.
 *
 * @throws ConvosError `invalid_input` for a profile without an inbox id.
 */
export function encodeProfileSnapshot(profiles: readonly MemberProfile[]): EncodedContentParts {
  const writer = new ProtobufWriter();
  for (const profile of profiles) {
    const inboxId = tryFromHex(profile.inboxId);
    if (inboxId?.length !== INBOX_ID_BYTES) {
      throw new ConvosError("invalid_input", "profile snapshot: a profile names no inbox");
    }
    const entry = new ProtobufWriter().bytes(INBOX_ID, inboxId);
    writer.bytes(SNAPSHOT.profiles, writeProfile(entry, profile, FIELDS).finish());
  }
  return { type: PROFILE_SNAPSHOT, parameters: {}, content: writer.finish(), shouldPush: false };
}

/** @throws ConvosError `malformed` or `too_large`. Entries without an inbox id are left out. */
export function parseProfileSnapshot(parts: ReceivedContent): MemberProfile[] {
  assertContent(parts, PROFILE_SNAPSHOT, MAX_PROFILE_SNAPSHOT_BYTES);
  return readFields(parts.content).flatMap((field) => {
    if (field.number !== SNAPSHOT.profiles || field.wireType !== "bytes") return [];
    if (field.value.length > MAX_PROFILE_UPDATE_BYTES) {
      throw malformed("profile snapshot: a profile is larger than any update");
    }
    const fields = readFields(field.value);
    const inboxId = readBytes(fields, INBOX_ID);
    if (inboxId?.length !== INBOX_ID_BYTES) return [];
    return [{ inboxId: toHex(inboxId), ...readProfile(fields, FIELDS) }];
  });
}
