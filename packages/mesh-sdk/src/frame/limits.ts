/** Bytes of UTF-8 in one frame; both what is read and what is written (section 3.6). */
export const MAX_FRAME_BYTES = 256 * 1024;
/** The same for a page of a reference store that we have asked for: such a store knows no bound of its own. */
export const MAX_PAGE_BYTES = 4 * 1024 * 1024;
/** Bytes of a message in a frame, as we write it: less, so that a page with one message always fits (section 2.3). */
export const MAX_MESSAGE_BYTES = MAX_FRAME_BYTES - 4 * 1024;
/** Bytes of UTF-8 in a body (section 2.3). */
export const MAX_BODY_BYTES = 64 * 1024;
/** Arrays and objects inside each other in a payload. */
export const MAX_PAYLOAD_NESTING = 32;
/** A payload lies at most four deep in a frame. */
export const MAX_FRAME_NESTING = MAX_PAYLOAD_NESTING + 4;
/** UTF-16 units of a message id. Ours have 47, UUIDs 36. */
export const MAX_MESSAGE_ID_LENGTH = 128;
/** UTF-16 units of a channel id; `dm:` and two keys are 90. */
export const MAX_CHANNEL_ID_LENGTH = 256;
/** UTF-16 units of the id of a peer; a key has 43. */
export const MAX_PEER_ID_LENGTH = 128;
/** Messages in a page: what the reference gives at most. */
export const MAX_PAGE_MESSAGES = 500;
/** Messages in a page when nobody says. */
export const DEFAULT_PAGE_MESSAGES = 100;
/** Peers that a subscription may pass through. */
export const MAX_SUBSCRIBE_HOPS = 8;
