import { createHash } from "node:crypto";
import { encodeFrame } from "../../packages/mesh-sdk/src/frame/encode-frame.ts";
import { type MeshKey, meshKeyFromSeed } from "../../packages/mesh-sdk/src/identity/mesh-key.ts";
import type { CheckedMessage } from "../../packages/mesh-sdk/src/message/message.ts";
import { signMessage } from "../../packages/mesh-sdk/src/message/sign-message.ts";

const SENDERS = 20;
const CHANNELS = 4;
const NONCE_BYTES = 16;
/** About 200 bytes, as bots write them. */
const BODY = "The build of the main branch is green again; the two flaky tests were real. "
  .repeat(3)
  .slice(0, 200);

const keys: readonly MeshKey[] = Array.from({ length: SENDERS }, (_, index) =>
  meshKeyFromSeed(digestOf(`sender ${index}`)),
);

export const BENCH_CHANNELS: readonly string[] = Array.from(
  { length: CHANNELS },
  (_, index) => `bench-${index}`,
);

/**
 * Messages that twenty senders have signed in four channels, numbered from `first` on, as if written within the last `spanMs`.
 *
 * @param channelId - All of them in one channel instead.
 */
export function signMessages(
  count: number,
  {
    channelId,
    first = 0,
    spanMs = 60_000,
  }: { channelId?: string; first?: number; spanMs?: number } = {},
): CheckedMessage[] {
  const nowMs = Date.now();
  return Array.from({ length: count }, (_, index) => {
    const number = first + index;
    const key = keys[number % SENDERS];
    if (key === undefined) throw new TypeError("no key");
    return signMessage(key, {
      channelId: channelId ?? BENCH_CHANNELS[number % CHANNELS] ?? "",
      body: `${number} ${BODY}`,
      timestampMs: nowMs - spanMs + Math.floor((index * spanMs) / count),
      nonce: digestOf(`nonce ${number} ${nowMs}`).subarray(0, NONCE_BYTES),
    });
  });
}

/** As it crosses a connection. */
export function frameTextOf({ message }: CheckedMessage): string {
  return encodeFrame({ type: "message", message });
}

function digestOf(text: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(text).digest());
}
