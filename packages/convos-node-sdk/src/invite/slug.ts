import { decodeBase64Url, encodeBase64Url } from "../codec/base64url.ts";
import { decompressFrame } from "../codec/frame.ts";
import { ConvosError } from "../errors.ts";
import { MAX_INVITE_BYTES, MAX_INVITE_CHARACTERS } from "../limits.ts";

/** Messengers break longer words; links with a star in them stay whole. */
const CHARACTERS_BETWEEN_STARS = 300;

/**
 * The slug of a signed invite: base64url with a star after every 300 characters (section 1.3). Never compressed: no frame
 * is understood by every reader, and honest invites get no smaller.
 */
export function encodeSlug(signedInvite: Uint8Array): string {
  const text = encodeBase64Url(signedInvite);
  return text.replace(new RegExp(`.{${CHARACTERS_BETWEEN_STARS}}(?=.)`, "gu"), "$&*");
}

/**
 * The signed invite of a slug, whichever frame its writer used.
 *
 * @throws ConvosError `malformed` or `too_large`.
 */
export function decodeSlug(slug: string): Uint8Array {
  if (slug.length > MAX_INVITE_CHARACTERS) {
    throw new ConvosError("too_large", `invite: ${slug.length} characters are too many`);
  }
  const bytes = decodeBase64Url(slug.trim().replaceAll("*", ""));
  return decompressFrame(bytes, MAX_INVITE_BYTES);
}
