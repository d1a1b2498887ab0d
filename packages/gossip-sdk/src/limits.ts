/**
 * Upper bounds on what we take from others. The protocol names none of them, except where a section is cited; they
 * are chosen far above what honest clients send, so that a hostile peer or relay costs a bounded amount of work.
 */

/** One announcement on the bulletin. An honest one is about 8,970 bytes plus its user data (section 5.1). */
export const MAX_ANNOUNCEMENT_BYTES = 64 * 1024;

/** User data of an announcement; the official app limits its two texts to 35 and 500 characters (section 5.3). */
export const MAX_USER_DATA_BYTES = 16 * 1024;

/** Encoded contents of one message on receipt. */
export const MAX_CONTENTS_BYTES = 1024 * 1024;

/** Encoded contents that we send: in base64 and JSON they still fit the 1 MiB that a relay takes in one request. */
export const MAX_SENT_CONTENTS_BYTES = 512 * 1024;

/** One value on the message board: contents, 3.6 kB of ratchet around them, and some room (section 6.3). */
export const MAX_BOARD_VALUE_BYTES = MAX_CONTENTS_BYTES + 8 * 1024;

/** A published public key bundle is about 3,229 bytes (section 3.3). */
export const MAX_PUBLIC_KEYS_BYTES = 4 * 1024;

/** An invite link or user id typed or scanned by a person, in UTF-16 units. */
export const MAX_INVITE_CHARACTERS = 2048;

/** A display name carried by an invite link or an announcement, in UTF-16 units. */
export const MAX_NAME_CHARACTERS = 200;

/** A mnemonic as typed: 24 words of at most 8 letters, with room for untidy spacing. */
export const MAX_MNEMONIC_CHARACTERS = 1024;
