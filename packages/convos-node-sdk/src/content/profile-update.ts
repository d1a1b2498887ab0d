import { ProtobufWriter, readFields } from "../codec/protobuf.ts";
import { MAX_PROFILE_UPDATE_BYTES } from "../limits.ts";
import { readProfile, writeProfile } from "../profile/profile-codec.ts";
import type { Profile } from "../profile/profile.ts";
import {
  assertContent,
  convosType,
  type EncodedContentParts,
  type ReceivedContent,
} from "./content-parts.ts";

export const PROFILE_UPDATE = convosType("profile_update");

const FIELDS = { name: 1, image: 2, memberKind: 3, metadata: 4 } as const;

/** A member's own profile, in place of what it said before; with nothing set it clears the profile. */
export function encodeProfileUpdate(profile: Profile): EncodedContentParts {
  const content = writeProfile(new ProtobufWriter(), profile, FIELDS).finish();
  return { type: PROFILE_UPDATE, parameters: {}, content, shouldPush: false };
}

/** @throws ConvosError `malformed` or `too_large`. It is the sender's profile and nobody else's. */
export function parseProfileUpdate(parts: ReceivedContent): Profile {
  assertContent(parts, PROFILE_UPDATE, MAX_PROFILE_UPDATE_BYTES);
  return readProfile(readFields(parts.content), FIELDS);
}
