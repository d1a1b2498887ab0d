/** The bounds that the real node sets, in one place; those of our own say so. */

/** One gRPC message; what is longer is answered RESOURCE_EXHAUSTED. Clients themselves send at most 25 MiB. */
export const MAX_REQUEST_BYTES = 52_428_800;

/** Items in one page of a query, and the page that is used when the client names none. */
export const MAX_PAGE_ITEMS = 100;

/** Updates in the log of one inbox. */
export const MAX_INBOX_UPDATES = 256;

export const MAX_COMMIT_LOG_ENTRIES_PER_PUBLISH = 10;
export const MAX_COMMIT_LOG_QUERIES = 20;

/** Messages that wait for a subscriber who does not read; with one more the stream is closed. */
export const MAX_STREAM_BACKLOG = 1_024;

/** Ours: HTTP/2 streams of one connection. A client with many conversations keeps a few open and asks much at once. */
export const MAX_CONCURRENT_STREAMS = 1_000;

/** Ours: memory of one HTTP/2 session in MB. Node's default of 10 is less than one large request. */
export const MAX_SESSION_MEMORY_MB = 512;

/** Ours: what an HTTP/2 client may send before it waits for us. The default of 64 KiB makes attachments slow. */
export const STREAM_WINDOW_BYTES = 4_194_304;
