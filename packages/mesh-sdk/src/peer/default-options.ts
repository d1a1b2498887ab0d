import type { MeshLimits, MeshLog, MeshTiming } from "./types.ts";

const MIB = 1024 * 1024;
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * For one peer on a small machine that strangers can reach. A link brings what many senders wrote, so its rate is the
 * highest; one sender or one channel alone must not fill a link, nor the store.
 */
export const DEFAULT_LIMITS: MeshLimits = {
  maxLinks: 256,
  maxLinksPerAddress: 16,
  messagesPerSecondPerLink: 1_000,
  messagesPerSecondPerSender: 100,
  messagesPerSecondPerChannel: 300,
  storeBytes: 1_024 * MIB,
  storeBytesPerChannel: 256 * MIB,
  storeBytesPerSender: 128 * MIB,
  retentionMs: 30 * DAY_MS,
  sendBufferBytes: 8 * MIB,
};

/** The back-off is the reference guide's, 1 s to 30 s; a neighbor that is gone without a word is noticed within 20 s. */
export const DEFAULT_TIMING: MeshTiming = {
  redialMinMs: SECOND_MS,
  redialMaxMs: 30 * SECOND_MS,
  handshakeMs: 10 * SECOND_MS,
  syncMs: 5 * MINUTE_MS,
  answerMs: 30 * SECOND_MS,
  interestMs: MINUTE_MS,
  bootstrapMs: 10 * MINUTE_MS,
  pingMs: 10 * SECOND_MS,
  pruneMs: 10 * MINUTE_MS,
};

export const SILENT_LOG: MeshLog = { debug: () => {}, info: () => {}, warn: () => {} };
