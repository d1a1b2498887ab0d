import { canonicalText, sha256Of } from "../../packages/mesh-sdk/src/message/canonical.ts";
import type { NewMessage } from "../../packages/mesh-sdk/src/store/port.ts";

const CHANNELS = 3;
const SENDERS = 7;
/** The same on every day: the store has to be opened with {@link KEEP_ALL}. */
const FIRST_MS = Date.UTC(2026, 10, 21);
const SPACING_MS = 500;
/** Every so many, one is a second version of the message before. */
const CONFLICT_EVERY = 10;

/** Limits under which nothing is too old. */
export const KEEP_ALL = { retentionMs: 1e15 };

/** Message number so-and-so, the same in every process; in one of a few channels, for us. */
export function numberedMessage(number: number): NewMessage {
  const isConflict = number % CONFLICT_EVERY === CONFLICT_EVERY - 1;
  const like = isConflict ? number - 1 : number;
  const timestampMs = FIRST_MS + like * SPACING_MS;
  const message = {
    messageId: `m-${like}`,
    channelId: `c-${like % CHANNELS}`,
    senderId: `s-${like % SENDERS}`,
    body: `${number} ${"x".repeat(number % 300)}`,
    payloadText: null,
    timestamp: new Date(timestampMs).toISOString(),
    timestampMs,
    signature: undefined,
  };
  return {
    message,
    digest: sha256Of(canonicalText(message)),
    verdict: "verified",
    receivedAtMs: timestampMs,
    forUs: true,
  };
}
