import * as z from "zod";
import {
  convosType,
  type EncodedContentParts,
  jsonContent,
  parseJsonContent,
  type ReceivedContent,
} from "./content-parts.ts";

/** Asks the creator of an invite to be let in. Sent in the DM with the creator (section 1.9). */
export interface JoinRequest {
  /** The slug as it came: the creator verifies its own bytes. */
  readonly inviteSlug: string;
  readonly profile?: JoinRequestProfile;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** How the joiner wants to be shown; nothing of it is proven. */
export interface JoinRequestProfile {
  readonly name?: string;
  readonly imageUrl?: string;
  readonly memberKind?: string;
}

export const JOIN_REQUEST = convosType("join_request");

const wireJoinRequest = z.object({
  inviteSlug: z.string().min(1),
  profile: z
    .object({
      name: z.string().nullish(),
      imageURL: z.string().nullish(),
      memberKind: z.string().nullish(),
    })
    .nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
});

/** The fallback is the slug itself: creators that know only text find it there. */
export function encodeJoinRequest(request: JoinRequest): EncodedContentParts {
  const { inviteSlug, profile, metadata } = request;
  const value = {
    inviteSlug,
    ...(profile && {
      profile: { name: profile.name, imageURL: profile.imageUrl, memberKind: profile.memberKind },
    }),
    ...(metadata && { metadata }),
  };
  return jsonContent(JOIN_REQUEST, value, { fallback: inviteSlug, shouldPush: true });
}

/** @throws ConvosError `malformed` or `too_large`. The slug is not decoded: see `tryDecodeInvite`. */
export function parseJoinRequest(parts: ReceivedContent): JoinRequest {
  const { inviteSlug, profile, metadata } = parseJsonContent(parts, JOIN_REQUEST, wireJoinRequest);
  return {
    inviteSlug,
    ...(profile && {
      profile: {
        ...(profile.name && { name: profile.name }),
        ...(profile.imageURL && { imageUrl: profile.imageURL }),
        ...(profile.memberKind && { memberKind: profile.memberKind }),
      },
    }),
    ...(metadata && { metadata }),
  };
}
