/**
 * Upper bounds on what we take from others. Where a section is cited the other apps have the same bound; the rest is
 * chosen far above what honest clients send, so that a hostile peer costs a bounded amount of work.
 */

/** An invite link or slug as typed, pasted or received, in UTF-16 units. A long one has about a thousand. */
export const MAX_INVITE_CHARACTERS = 64 * 1024;

/** A signed invite once inflated (section 1.3). */
export const MAX_INVITE_BYTES = 1024 * 1024;

/** Group metadata once inflated (section 1.7). */
export const MAX_METADATA_BYTES = 10 * 1024 * 1024;

/** How many times larger than its compressed form a frame may say that it becomes (section 1.3). */
export const MAX_INFLATE_RATIO = 100;

/** Group metadata as written, in characters of the encoded string (section 1.7). */
export const MAX_APP_DATA_CHARACTERS = 8192;

/** The conversation id inside a token, in bytes of UTF-8: its length has two bytes (section 1.5). */
export const MAX_CONVERSATION_ID_BYTES = 65_535;

/** Content of one of the `convos.org` types that are JSON. Honest ones are below 4 KiB. */
export const MAX_JSON_CONTENT_BYTES = 64 * 1024;

/** A profile update: a name, an image reference, and some metadata. */
export const MAX_PROFILE_UPDATE_BYTES = 64 * 1024;

/** A profile snapshot: one profile per member, and a group has at most 250 of them. */
export const MAX_PROFILE_SNAPSHOT_BYTES = 1024 * 1024;

/** Entries of one profile's metadata map that are read; a profile with more is refused. */
export const MAX_PROFILE_METADATA_ENTRIES = 64;

/** An encrypted image as downloaded. */
export const MAX_IMAGE_BYTES = 10 * 1024 * 1024;

/** Reason in an invite error, in UTF-16 units (section 1.10). */
export const MAX_REASON_CHARACTERS = 500;

/** A mnemonic as typed: 24 words of at most 8 letters, with room for untidy spacing. */
export const MAX_MNEMONIC_CHARACTERS = 1024;

/** A file, in the clear or as downloaded. */
export const MAX_ATTACHMENT_BYTES = 25 * 1024 * 1024;
