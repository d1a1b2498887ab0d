/** Places of messages in one frame, all its ranges together: 62 bytes each on the wire, so that half of a frame is left. */
export const MAX_SYNC_ITEMS = 2_048;
/** Ranges in one frame, at most 180 bytes each without their items. */
export const MAX_SYNC_RANGES = 512;
/** UTF-16 units of an epoch; ours have 22. */
export const MAX_EPOCH_LENGTH = 64;
/** The highest number that a request may have; they are used again after it. */
export const MAX_REQUEST_NUMBER = 2 ** 31 - 1;
/** Bytes of messages in one page of ours, unless a single message is larger. Below the size of a frame by its head. */
export const MAX_SYNC_PAGE_BYTES = 192 * 1024;
